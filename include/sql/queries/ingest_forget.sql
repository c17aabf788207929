-- The next reading of a stream begins from nothing.
UPDATE release_ops.ingest_state
SET watermark = '{}'
WHERE product = %(product)s AND source = %(source)s AND stream = %(stream)s
