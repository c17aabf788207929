-- The deployments of one release with what became of them, the newest first, with how many there are.
SELECT d.deployment, d.environment, d.component, d.result, d.started_at, d.finished_at, d.commit, d.unplanned, d.rolled_back,
    o.is_failed AS failed, o.incidents, d.url, count(*) OVER () AS total
FROM release_ops.deployment d
LEFT JOIN release_metrics.deployment_outcome o
    ON o.product = d.product AND o.environment = d.environment AND o.deployment = d.deployment
WHERE d.product = %(product)s AND d.version = %(version)s
ORDER BY coalesce(d.finished_at, d.started_at, d.created_at) DESC NULLS FIRST, d.deployment, d.repository
LIMIT %(limit)s OFFSET %(offset)s
