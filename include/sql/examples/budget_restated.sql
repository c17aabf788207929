-- Which closed months were restated, and by how much?
-- table: budget_month
SELECT product, month_starts_on, revision, closed_at, round(actual, 2) AS actual,
    round(actual - lag(actual) OVER (PARTITION BY product, month_starts_on ORDER BY revision), 2) AS restated_by
FROM release_metrics.budget_month
ORDER BY product, month_starts_on, revision
