-- What do all products of a programme cost together, and where?
-- table: budget_total
SELECT programme, month_starts_on, category, products, round(plan, 2) AS plan, round(actual, 2) AS actual,
    round(variance, 2) AS variance, round(forecast, 2) AS forecast, round(year_plan, 2) AS year_plan, currency, missing
FROM release_metrics.budget_total
ORDER BY programme, month_starts_on DESC, category
