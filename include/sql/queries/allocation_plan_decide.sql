-- What became of a plan; one that was applied stands, whatever another question about it is answered.
UPDATE release_ops.allocation_plan
SET status = %(status)s, decided_at = %(at)s, decided_by = %(user)s, reason = %(reason)s
WHERE team_file = %(team_file)s AND reviewed_on = %(reviewed_on)s AND plan = %(plan)s AND status <> 'applied'
