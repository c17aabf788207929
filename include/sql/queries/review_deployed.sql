-- Deployments of one release that have a beginning and an end, in order.
SELECT environment, started_at, finished_at FROM release_ops.deployment
WHERE product = %(product)s AND version = %(version)s AND started_at IS NOT NULL AND finished_at > started_at
ORDER BY started_at, deployment
