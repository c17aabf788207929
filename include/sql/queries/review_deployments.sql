-- Deployments of a product to an environment that finished from an instant on and before another: whether users met a failure, and how long until it was mended.
SELECT deployment, version, finished_at, is_failed, extract(epoch FROM recovery_time)::double precision AS recovery_seconds
FROM release_metrics.deployment_outcome
WHERE product = %(product)s AND environment = %(environment)s AND finished_at >= %(since)s AND finished_at < %(until)s
ORDER BY finished_at, deployment
