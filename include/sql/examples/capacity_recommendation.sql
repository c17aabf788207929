-- What is the cheapest way to close each gap?
-- table: capacity_recommendation
SELECT team_file, skill, level, round(short) AS hours, kind, total, currency, ready_on
FROM release_metrics.capacity_recommendation
WHERE latest AND place = 1
ORDER BY short DESC
