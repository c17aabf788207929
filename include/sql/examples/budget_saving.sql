-- Where could money be saved?
-- table: budget_saving
SELECT product, month_starts_on, kind, category, item, round(amount, 2) AS amount, currency, words
FROM release_metrics.budget_saving
WHERE latest
ORDER BY month_starts_on DESC, budget_saving.amount DESC
