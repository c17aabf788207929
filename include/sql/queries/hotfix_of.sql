-- A hotfix by its version.
SELECT * FROM release_ops.hotfix WHERE product = %(product)s AND version = %(version)s
