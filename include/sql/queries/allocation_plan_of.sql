-- The plan that a review proposed.
SELECT plan, status, proposed_at, proposal, decided_at, decided_by, reason
FROM release_ops.allocation_plan
WHERE team_file = %(team_file)s AND reviewed_on = %(reviewed_on)s
