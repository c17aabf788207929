-- How far each source of a product was read, those with a problem first.
SELECT source, stream, rows, started_at, finished_at, problem
FROM release_ops.ingest_state
WHERE product = %(product)s
ORDER BY problem = '', finished_at NULLS FIRST, source, stream
LIMIT 100
