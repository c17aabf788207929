-- A reading of a stream got to its end.
UPDATE release_ops.ingest_state
SET finished_at = %(finished_at)s, problem = %(problem)s
WHERE product = %(product)s AND source = %(source)s AND stream = %(stream)s
