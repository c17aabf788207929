-- Through which states did deployments go?
-- table: deployment_status
SELECT product, state, count(*) AS times, count(DISTINCT deployment) AS deployments
FROM release_metrics.deployment_status
GROUP BY product, state
ORDER BY product, times DESC
