-- What should the money be put into, and what does it return?
-- table: budget_investment
SELECT product, month_starts_on, name, share, round(cost, 2) AS cost, round(npv_low, 2) AS npv_low, round(npv_expected, 2) AS npv_expected,
    round(roi_expected, 2) AS roi_expected, payback_expected, currency, assumes
FROM release_metrics.budget_investment
WHERE latest
ORDER BY product, month_starts_on DESC, share DESC
