-- The last releases of a product that were out by a time, the latest first, with their opening and GA.
SELECT r.version, r.type, r.theme, r.opened_at, coalesce(r.released_at, m.actual_at) AS ga_at
FROM release_ops.release r
LEFT JOIN release_ops.milestone m ON m.product = r.product AND m.version = r.version AND m.kind = 'ga' AND m.state = 'done'
WHERE r.product = %(product)s AND r.opened_at IS NOT NULL AND coalesce(r.released_at, m.actual_at) <= %(until)s
    AND r.opened_at < coalesce(r.released_at, m.actual_at)
ORDER BY ga_at DESC, r.version DESC
LIMIT %(limit)s
