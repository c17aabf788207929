-- One concern.
SELECT * FROM release_ops.concern WHERE id = %(id)s
