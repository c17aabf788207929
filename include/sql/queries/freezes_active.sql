-- Freezes that are not lifted, the oldest first; of one product if given.
-- optional: product
SELECT * FROM release_ops.freeze
WHERE lifted_at IS NULL AND product = coalesce(%(product)s, product)
ORDER BY started_at, product, version
