-- The incidents that are held against a deployment of one release, the newest first, with how many there are.
SELECT i.incident, i.title, i.severity, d.environment, d.deployment, i.started_at, i.resolved_at, i.url, count(*) OVER () AS total
FROM release_ops.incident_deployment d
JOIN release_ops.incident i ON i.product = d.product AND i.incident = d.incident
WHERE d.product = %(product)s AND EXISTS (
    SELECT FROM release_ops.deployment e
    WHERE e.product = d.product AND e.deployment = d.deployment AND e.environment = d.environment AND e.version = %(version)s
)
ORDER BY i.started_at DESC, i.incident
LIMIT %(limit)s OFFSET %(offset)s
