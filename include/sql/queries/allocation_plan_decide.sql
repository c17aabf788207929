-- What became of a plan.
UPDATE release_ops.allocation_plan
SET status = %(status)s, decided_at = %(at)s, decided_by = %(user)s, reason = %(reason)s
WHERE team_file = %(team_file)s AND reviewed_on = %(reviewed_on)s AND plan = %(plan)s
