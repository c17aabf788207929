-- The daily snapshots of a product's scopes from a day on, and of each release the last one before it.
SELECT version, day, total, done, points_total, points_done, unestimated
FROM release_ops.scope_day s
WHERE product = %(product)s AND day >= coalesce(
    (
        SELECT max(day) FROM release_ops.scope_day b
        WHERE b.product = s.product AND b.version = s.version AND b.day < %(since)s
    ),
    %(since)s
)
ORDER BY day, version
