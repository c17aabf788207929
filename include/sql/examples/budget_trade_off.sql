-- What would more risk bring?
-- table: budget_trade_off
SELECT product, month_starts_on, round(risk, 3) AS risk, round(value, 2) AS value, round(cost, 2) AS cost, currency, shares
FROM release_metrics.budget_trade_off
WHERE latest
ORDER BY product, month_starts_on DESC, place
