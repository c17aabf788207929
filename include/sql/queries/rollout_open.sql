-- The rollout of a product and environment that has not ended; at most one.
SELECT * FROM release_ops.rollout WHERE product = %(product)s AND environment = %(environment)s AND ended_at IS NULL
