-- The closed months of a product, or of all, the last first.
-- optional: product
SELECT DISTINCT month FROM release_ops.budget_close WHERE product = coalesce(%(product)s, product) ORDER BY month DESC
