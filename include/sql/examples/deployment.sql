-- How many deployments were there per week and environment, and how many failed?
-- table: deployment
SELECT product, environment, date_trunc('week', finished_at AT TIME ZONE 'UTC')::date AS week, count(*) AS deployments,
    count(*) FILTER (WHERE result = 'failure') AS failed, count(*) FILTER (WHERE rolled_back) AS rolled_back
FROM release_metrics.deployment
WHERE result IN ('success', 'failure')
GROUP BY product, environment, week
ORDER BY product, environment, week
