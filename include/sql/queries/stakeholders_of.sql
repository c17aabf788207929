-- The register as last read, the most influential and interested first; of one product if given.
-- optional: product
SELECT * FROM release_ops.stakeholder
WHERE left_at IS NULL AND product = coalesce(%(product)s, product)
ORDER BY product, influence DESC, interest DESC, name, id
