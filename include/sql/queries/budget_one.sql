-- The last revision of a closed month of a product, or of its last closed month.
-- optional: month
SELECT product, month, revision, closed_at, status, facts
FROM release_ops.budget_close
WHERE product = %(product)s AND month = coalesce(%(month)s, month)
ORDER BY month DESC, revision DESC
LIMIT 1
