-- The freeze of one release.
SELECT * FROM release_ops.freeze WHERE product = %(product)s AND version = %(version)s
