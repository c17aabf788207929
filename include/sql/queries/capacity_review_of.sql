-- A review of a team file, with what became of its plan: that of a day, or the last one.
-- optional: day
SELECT c.team_file, c.reviewed_on, c.reviewed_at, c.facts, p.plan, p.status, p.proposed_at, p.decided_at, p.decided_by, p.reason
FROM release_ops.capacity_review c
LEFT JOIN release_ops.allocation_plan p USING (team_file, reviewed_on)
WHERE c.team_file = %(team_file)s AND (%(day)s::date IS NULL OR c.reviewed_on = %(day)s)
ORDER BY c.reviewed_on DESC
LIMIT 1
