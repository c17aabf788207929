-- A review of the same day proposes nothing any more; a plan that was applied stays.
DELETE FROM release_ops.allocation_plan
WHERE team_file = %(team_file)s AND reviewed_on = %(reviewed_on)s AND status <> 'applied'
