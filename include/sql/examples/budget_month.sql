-- What did each month cost against its plan, and what was the year expected to cost then?
-- table: budget_month
SELECT product, month_starts_on, currency, round(month_plan, 2) AS month_plan, round(month_actual, 2) AS month_actual,
    round(forecast, 2) AS year_expected, round(forecast_low, 2) AS low, round(forecast_high, 2) AS high, status
FROM release_metrics.budget_month
WHERE latest
ORDER BY product, month_starts_on
