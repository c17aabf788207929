-- Why is a release red?
-- table: health_reason
SELECT product, version, week, measure, words, value, threshold, unit
FROM release_metrics.health_reason
WHERE status = 'red'
ORDER BY week DESC, product, version, place
LIMIT 50
