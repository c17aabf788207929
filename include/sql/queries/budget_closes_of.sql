-- The last revision of each closed month of a product, and when the first was made.
SELECT DISTINCT ON (month) month, revision, closed_at, inputs, status, facts,
    min(closed_at) OVER (PARTITION BY month) AS first_closed_at
FROM release_ops.budget_close
WHERE product = %(product)s AND month >= %(since)s
ORDER BY month, revision DESC
