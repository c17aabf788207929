-- What was predicted of one release and what came of it, the newest first; only the last of each kind and subject if asked.
-- optional: latest
SELECT kind, subject, title, made_on, probability, expected_on, expected, basis, resolved_at, occurred, actual_on, actual, brier, days_off,
    count(*) OVER () AS total
FROM (
    SELECT p.*, coalesce(r.title, f.title, '') AS title,
        row_number() OVER (PARTITION BY p.kind, p.subject ORDER BY p.made_on DESC) = 1 AS latest
    FROM release_metrics.prediction p
    LEFT JOIN release_ops.risk r ON p.kind = 'risk' AND r.product = p.product AND r.version = p.version AND r.risk = p.subject
    LEFT JOIN release_ops.scope_feature f
        ON p.kind = 'risk' AND f.product = p.product AND f.version = p.version AND f.feature = p.subject
    WHERE p.product = %(product)s AND p.version = %(version)s
) p
WHERE latest OR %(latest)s::boolean IS NOT TRUE
ORDER BY made_on DESC, array_position(ARRAY['on_time', 'ga_date', 'scope', 'duration', 'gate', 'risk'], kind), subject
LIMIT %(limit)s OFFSET %(offset)s
