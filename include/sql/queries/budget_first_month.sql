-- The first month of which a product's plan or costs are known.
SELECT date_trunc('month', min(on_day))::date AS month
FROM release_ops.budget_entry
WHERE product = %(product)s AND known_until IS NULL AND kind <> 'commitment'
