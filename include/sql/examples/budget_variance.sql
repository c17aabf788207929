-- Which category is furthest over budget, and is it price or volume?
-- table: budget_variance
SELECT product, month_starts_on, category, round(variance, 2) AS variance, round(price, 2) AS price, round(volume, 2) AS volume,
    round(exchange, 2) AS exchange, currency, driver
FROM release_metrics.budget_variance
WHERE latest
ORDER BY month_starts_on DESC, budget_variance.variance DESC
