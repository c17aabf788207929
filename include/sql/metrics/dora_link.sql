-- An incident belongs to the deployment that its source states, else to the last success in its environment before its start.
INSERT INTO release_ops.incident_deployment
    (product, incident, environment, deployment, linked_by, started_at, resolved_at, fixed_by)
SELECT i.product, i.incident, coalesce(stated.environment, e.environment), coalesce(nullif(i.deployment, ''), found.deployment),
    CASE WHEN i.deployment <> '' THEN 'stated' WHEN found.deployment IS NOT NULL THEN 'last_success' END,
    i.started_at, i.resolved_at, i.fixed_by
FROM dora_incident AS d
JOIN release_ops.incident AS i USING (product, incident)
LEFT JOIN release_ops.delivery_rule AS r USING (product)
CROSS JOIN LATERAL (SELECT coalesce(nullif(i.environment, ''), r.production, 'production') AS environment) AS e
LEFT JOIN LATERAL (
    SELECT s.environment
    FROM release_ops.deployment AS s
    WHERE s.product = i.product AND s.deployment = i.deployment AND s.result IN ('success', 'failure') AND s.environment <> ''
    ORDER BY s.environment <> e.environment, s.result <> 'success', s.finished_at DESC, s.environment
    LIMIT 1
) AS stated ON i.deployment <> ''
LEFT JOIN LATERAL (
    SELECT s.deployment
    FROM release_ops.deployment AS s
    WHERE s.product = i.product AND s.environment = e.environment AND s.result = 'success' AND s.finished_at <= i.started_at
        AND (r.incident_within IS NULL OR s.finished_at >= i.started_at - r.incident_within)
    ORDER BY s.finished_at DESC, s.deployment DESC
    LIMIT 1
) AS found ON i.deployment = ''
