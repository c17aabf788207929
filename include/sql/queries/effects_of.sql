-- Every effect of one release, in the order in which they were claimed.
SELECT * FROM release_ops.effect
WHERE product = %(product)s AND version = %(version)s
ORDER BY claimed_at, key
