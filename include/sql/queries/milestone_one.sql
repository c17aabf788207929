-- One milestone of one release.
SELECT * FROM release_ops.milestone
WHERE product = %(product)s AND version = %(version)s AND kind = %(kind)s
