-- What did the deployments to production replace?
-- table: deployment_predecessor
SELECT product, deployment, repository, version, previous_version, finished_at, finished_at - previous_finished_at AS after
FROM release_metrics.deployment_predecessor
WHERE environment = 'production' AND previous_deployment IS NOT NULL
ORDER BY finished_at DESC
LIMIT 50
