-- Planned features that a freeze took out of a product's releases at or after an instant, and that no event has told yet.
SELECT s.version, s.feature, s.title, s.reason, s.snapshot_at AS at
FROM release_ops.scope_feature s
LEFT JOIN release_ops.milestone m ON m.product = s.product AND m.version = s.version AND m.kind = 'ga'
WHERE s.product = %(product)s AND s.disposition IN ('excluded', 'frozen') AND s.planned IS NOT FALSE
    AND m.state IS DISTINCT FROM 'done'
    AND s.snapshot_at >= %(since)s
    AND NOT EXISTS (
        SELECT FROM release_ops.expectation_event e
        WHERE e.product = s.product AND e.version = s.version AND e.kind = 'scope'
            AND e.features @> jsonb_build_array(jsonb_build_object('id', s.feature))
    )
ORDER BY s.version, s.feature
