-- Where could money be saved?
-- table: budget_saving
SELECT product, month, kind, category, item, round(amount, 2) AS amount, currency, words
FROM release_metrics.budget_saving
WHERE latest
ORDER BY month DESC, budget_saving.amount DESC
