-- One artifact: its text (content) or its bytes (data), the other is null.
SELECT * FROM release_ops.artifact
WHERE product = %(product)s AND version = %(version)s AND kind = %(kind)s AND name = %(name)s
