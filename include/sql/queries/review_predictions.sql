-- The last predictions of one release that were made before a time, one of each kind and subject, with what came of them.
SELECT DISTINCT ON (p.kind, p.subject) p.kind, p.subject, coalesce(r.title, f.title, '') AS title, p.made_on, p.probability,
    p.expected_on, p.expected, p.occurred, p.actual_on, p.actual, p.brier, p.days_off::double precision AS days_off
FROM release_metrics.prediction p
LEFT JOIN release_ops.risk r ON p.kind = 'risk' AND r.product = p.product AND r.version = p.version AND r.risk = p.subject
LEFT JOIN release_ops.scope_feature f
    ON p.kind = 'risk' AND f.product = p.product AND f.version = p.version AND f.feature = p.subject
WHERE p.product = %(product)s AND p.version = %(version)s AND p.made_at <= %(before)s
ORDER BY p.kind, p.subject, p.made_at DESC
