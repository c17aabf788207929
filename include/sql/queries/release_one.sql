-- The record of one release.
SELECT * FROM release_ops.release WHERE product = %(product)s AND version = %(version)s
