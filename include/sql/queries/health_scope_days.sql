-- The daily snapshots of one release's scope, in order.
SELECT day, total, done, points_total, points_done FROM release_ops.scope_day
WHERE product = %(product)s AND version = %(version)s
ORDER BY day
