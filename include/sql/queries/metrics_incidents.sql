-- The incidents behind a figure: those held against deployments of a product and environment that finished from a day on and before another, UTC.
SELECT d.incident, i.title, i.severity, d.deployment, d.linked_by, d.deployed_at, d.started_at, d.resolved_at, d.recovery_time,
    d.restore_time, d.fixed_by, i.url, count(*) OVER () AS total
FROM release_metrics.incident_deployment d
JOIN release_ops.incident i ON i.product = d.product AND i.incident = d.incident
WHERE d.product = %(product)s AND d.environment = %(environment)s
    AND d.deployed_at >= %(since)s::date::timestamp AT TIME ZONE 'UTC' AND d.deployed_at < %(until)s::date::timestamp AT TIME ZONE 'UTC'
ORDER BY d.started_at DESC, d.incident
LIMIT %(limit)s OFFSET %(offset)s
