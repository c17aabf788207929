-- Where the milestones of all releases stand and when they were done; of one product if given.
-- optional: product
SELECT product, version, kind, state, actual_at, updated_at FROM release_ops.milestone
WHERE product = coalesce(%(product)s, product)
