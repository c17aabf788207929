-- The products that have closed a month.
SELECT DISTINCT product FROM release_ops.budget_close ORDER BY product
