-- How many issues are opened and closed per month, by severity?
-- table: issue
SELECT product, severity, date_trunc('month', created_at AT TIME ZONE 'UTC')::date AS month, count(*) AS opened,
    count(closed_at) AS closed_since
FROM release_metrics.issue
GROUP BY product, severity, month
ORDER BY product, month, severity
