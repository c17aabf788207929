-- The last review of every team file as pages show it, without what is known of single people, and what became of its plan.
SELECT DISTINCT ON (c.team_file) c.team_file, c.reviewed_on, c.reviewed_at,
    c.facts - ARRAY['members', 'people', 'predictions'] AS facts, p.status, p.decided_at, p.decided_by
FROM release_ops.capacity_review c
LEFT JOIN release_ops.allocation_plan p USING (team_file, reviewed_on)
ORDER BY c.team_file, c.reviewed_on DESC
