-- From when to when each environment's deployments are known, and whether anybody says which of them failed or were rework.
INSERT INTO release_ops.dora_line AS l (product, environment, first_at, known_until, failures_known, rework_known)
SELECT k.product, k.environment, f.first_at,
    least(%(now)s, greatest(f.last_at, coalesce((
        SELECT max(s.finished_at) FROM release_ops.ingest_state AS s WHERE s.product = k.product AND s.stream = 'deployments'
    ), %(now)s))),
    k.environment = coalesce(r.production, 'production') AND EXISTS (
        SELECT FROM release_ops.ingest_state AS s
        WHERE s.product = k.product AND s.stream IN ('incidents', 'issues') AND s.finished_at IS NOT NULL
    )
    OR EXISTS (
        SELECT FROM release_ops.incident_deployment AS i WHERE i.product = k.product AND i.environment = k.environment
    )
    OR EXISTS (
        SELECT FROM release_ops.deployment_outcome AS o
        WHERE o.product = k.product AND o.environment = k.environment AND o.rolled_back IS NOT NULL
    ),
    EXISTS (
        SELECT FROM release_ops.deployment_outcome AS o
        WHERE o.product = k.product AND o.environment = k.environment AND o.is_rework IS NOT NULL
    )
FROM (SELECT product, environment FROM release_ops.dora_line UNION SELECT product, environment FROM dora_day) AS k
LEFT JOIN release_ops.delivery_rule AS r USING (product)
CROSS JOIN LATERAL (
    SELECT min(e.first_at) AS first_at, max(e.last_at) AS last_at
    FROM (
        SELECT min(o.finished_at) AS first_at, max(o.finished_at) AS last_at
        FROM release_ops.deployment_outcome AS o WHERE o.product = k.product AND o.environment = k.environment
        UNION ALL
        SELECT min(d.deployed_at), max(d.deployed_at)
        FROM release_ops.deployed_commit AS d WHERE d.product = k.product AND d.environment = k.environment
    ) AS e
) AS f
WHERE f.first_at IS NOT NULL
ON CONFLICT (product, environment) DO UPDATE SET
    first_at = excluded.first_at,
    known_until = excluded.known_until,
    failures_known = excluded.failures_known,
    rework_known = excluded.rework_known
