-- A stream is no longer read from this source.
DELETE FROM release_ops.ingest_state
WHERE product = %(product)s AND source = %(source)s AND stream = %(stream)s
