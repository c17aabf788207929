-- Which milestones were done the longest after their time?
-- table: milestone
SELECT product, version, kind, planned_at, actual_at, days_late
FROM release_metrics.milestone
WHERE days_late > 0
ORDER BY days_late DESC
LIMIT 20
