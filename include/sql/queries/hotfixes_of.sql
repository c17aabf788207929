-- Hotfixes of a product, the oldest first.
SELECT * FROM release_ops.hotfix WHERE product = %(product)s ORDER BY requested_at, version
