-- Releases of a product whose GA or end of support was since a time, and of which no review of that kind was made; hotfixes have their own.
SELECT m.version, CASE m.kind WHEN 'ga' THEN 'release' ELSE 'support_end' END AS kind, m.actual_at
FROM release_ops.milestone m
JOIN release_ops.release r USING (product, version)
WHERE m.product = %(product)s AND m.kind IN ('ga', 'support_end') AND m.state = 'done' AND m.actual_at >= %(since)s
    AND r.type NOT IN ('hotfix', 'security')
    AND NOT EXISTS (
        SELECT FROM release_ops.retrospective t
        WHERE t.product = m.product AND t.version = m.version AND t.made_at IS NOT NULL
            AND t.kind = CASE m.kind WHEN 'ga' THEN 'release' ELSE 'support_end' END
    )
ORDER BY m.actual_at, m.version
