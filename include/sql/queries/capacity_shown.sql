-- A review of a team file as its page shows it, without what is known of single people: that of a day, or the last one.
-- optional: day
SELECT c.team_file, c.reviewed_on, c.reviewed_at, c.facts - ARRAY['members', 'people', 'predictions'] AS facts,
    p.status, p.decided_at, p.decided_by, '' AS reason,
    (SELECT max(reviewed_on) FROM release_ops.capacity_review WHERE team_file = c.team_file AND reviewed_on < c.reviewed_on) AS before,
    (SELECT min(reviewed_on) FROM release_ops.capacity_review WHERE team_file = c.team_file AND reviewed_on > c.reviewed_on) AS after
FROM release_ops.capacity_review c
LEFT JOIN release_ops.allocation_plan p USING (team_file, reviewed_on)
WHERE c.team_file = %(team_file)s AND (%(day)s::date IS NULL OR c.reviewed_on = %(day)s)
ORDER BY c.reviewed_on DESC
LIMIT 1
