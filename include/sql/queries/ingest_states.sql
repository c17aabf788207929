-- How far every stream of a product, or of all products, was read.
-- optional: product
SELECT product, source, stream, rows, started_at, finished_at, problem
FROM release_ops.ingest_state
WHERE product = COALESCE(%(product)s, product)
ORDER BY product, stream, source
