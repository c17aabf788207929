-- Which metrics take deployments back, and which have no data?
-- table: measurement
SELECT product, analysis, metric, count(*) AS measured, count(*) FILTER (WHERE phase = 'Failed') AS failed,
    count(*) FILTER (WHERE value IS NULL) AS without_data
FROM release_metrics.measurement
WHERE subject_kind = 'rollout' AND NOT dry_run
GROUP BY product, analysis, metric
ORDER BY failed DESC, product, analysis, metric
