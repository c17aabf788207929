-- Which deployments failed, why, and how fast were users well again?
-- table: deployment_outcome
SELECT product, environment, deployment, version, finished_at, failed_why, incidents, recovery_time, url
FROM release_metrics.deployment_outcome
WHERE is_failed
ORDER BY finished_at DESC
LIMIT 50
