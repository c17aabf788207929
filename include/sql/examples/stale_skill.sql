-- Which skills are on paper?
-- table: stale_skill
SELECT team_file, skill, people, stale, unknown
FROM release_metrics.stale_skill
WHERE latest
ORDER BY stale DESC, skill
