-- Incidents whose deployment may be another one now: touched themselves, or near a touched deployment.
INSERT INTO dora_incident (product, incident, deployment, fixed_by)
SELECT f.product, f.incident, old.deployment, old.fixed_by
FROM (
    SELECT product, thing AS incident FROM dora_touched WHERE kind = 'incident'
    UNION
    SELECT i.product, i.incident
    FROM dora_touched AS t
    JOIN release_ops.incident AS i ON i.product = t.product AND i.deployment = t.thing AND i.deployment <> ''
    WHERE t.kind = 'deployment'
    UNION
    -- An end that came, went or moved concerns what started after it and before the next success. OFFSET 0 keeps the order: first
    -- when that was, then the incidents of that time alone, instead of all that the product ever had.
    SELECT t.product, i.incident
    FROM (SELECT DISTINCT product, environment, at FROM dora_touched WHERE kind = 'deployment' AND at IS NOT NULL) AS t
    LEFT JOIN release_ops.delivery_rule AS r USING (product)
    CROSS JOIN LATERAL (
        SELECT coalesce(min(d.finished_at), 'infinity') AS at
        FROM release_ops.deployment AS d
        WHERE d.product = t.product AND d.environment = t.environment AND d.result = 'success' AND d.finished_at > t.at
    ) AS following
    CROSS JOIN LATERAL (
        SELECT n.incident, n.environment
        FROM release_ops.incident AS n
        WHERE n.product = t.product AND n.deployment = '' AND n.started_at >= t.at AND n.started_at < following.at
        OFFSET 0
    ) AS i
    WHERE coalesce(nullif(i.environment, ''), r.production, 'production') = t.environment
    UNION
    SELECT i.product, i.incident FROM dora_touched AS t JOIN release_ops.incident AS i USING (product) WHERE t.kind = 'product'
    UNION
    SELECT product, incident FROM release_ops.incident WHERE (SELECT EXISTS (SELECT FROM dora_touched WHERE kind = 'everything'))
    UNION
    SELECT product, incident FROM release_ops.incident_deployment
    WHERE (SELECT EXISTS (SELECT FROM dora_touched WHERE kind = 'everything'))
) AS f
LEFT JOIN release_ops.incident_deployment AS old USING (product, incident)
