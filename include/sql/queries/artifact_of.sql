-- One text that a milestone made.
SELECT * FROM release_ops.artifact
WHERE product = %(product)s AND version = %(version)s AND kind = %(kind)s AND name = %(name)s
