-- Which checks fail, and how long do they take?
-- table: check_run
SELECT product, name, count(*) AS runs, count(*) FILTER (WHERE state = 'failure') AS failed,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY completed_at - started_at) AS median_time
FROM release_metrics.check_run
WHERE completed_at IS NOT NULL
GROUP BY product, name
ORDER BY failed DESC, runs DESC
