-- The messages about one release, in order.
SELECT * FROM release_ops.message
WHERE product = %(product)s AND version = %(version)s
ORDER BY created_at, key
