-- The concerns of a product, or of all, open ones first by the day on which they are due, then the latest answers.
-- optional: product, open_only
SELECT * FROM release_ops.concern
WHERE product = coalesce(%(product)s, product) AND (answered_at IS NULL OR %(open_only)s::boolean IS NOT TRUE)
ORDER BY answered_at IS NOT NULL, CASE WHEN answered_at IS NULL THEN due_at END, answered_at DESC, id
LIMIT %(limit)s
