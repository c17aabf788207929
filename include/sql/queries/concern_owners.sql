-- Who looks after whom in the register of a product, as last read.
SELECT id, owner FROM release_ops.stakeholder
WHERE product = %(product)s AND left_at IS NULL
ORDER BY id
