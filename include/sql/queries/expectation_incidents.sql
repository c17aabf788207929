-- The incidents of a product that began at or after an instant, with the version that was deployed, where that is known.
SELECT i.incident, i.title, i.severity, i.started_at, coalesce(max(d.version), '') AS version
FROM release_ops.incident i
LEFT JOIN release_ops.incident_deployment l ON l.product = i.product AND l.incident = i.incident
LEFT JOIN release_ops.deployment d
    ON d.product = i.product AND d.deployment = l.deployment AND d.environment = l.environment
WHERE i.product = %(product)s AND i.started_at >= %(since)s
GROUP BY i.product, i.incident
ORDER BY i.started_at, i.incident
