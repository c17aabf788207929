-- A reading of a stream ended early.
UPDATE release_ops.ingest_state
SET problem = %(problem)s
WHERE product = %(product)s AND source = %(source)s AND stream = %(stream)s
