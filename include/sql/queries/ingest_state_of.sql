-- How far a stream of a product was read from a source.
SELECT watermark, rows, started_at, finished_at, problem
FROM release_ops.ingest_state
WHERE product = %(product)s AND source = %(source)s AND stream = %(stream)s
