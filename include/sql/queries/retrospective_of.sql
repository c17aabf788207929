-- One review with what it says.
SELECT * FROM release_ops.retrospective WHERE product = %(product)s AND version = %(version)s AND kind = %(kind)s
