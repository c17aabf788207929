-- The register of a product as last read, with stated concerns.
SELECT id, name, audience, strategy, level, owner, concerns
FROM release_ops.stakeholder
WHERE product = %(product)s AND left_at IS NULL
ORDER BY id
