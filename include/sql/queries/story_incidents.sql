-- The incidents that a deployment of one release brought, the newest first, with how many there are.
SELECT i.incident, i.title, i.severity, i.environment, i.deployment, i.started_at, i.resolved_at, i.url, count(*) OVER () AS total
FROM release_ops.incident i
WHERE i.product = %(product)s AND i.deployment IN (
    SELECT d.deployment FROM release_ops.deployment d WHERE d.product = %(product)s AND d.version = %(version)s
)
ORDER BY i.started_at DESC, i.incident
LIMIT %(limit)s OFFSET %(offset)s
