-- What the products of each programme cost together in a month, and their earned value.
SELECT t.programme, t.currency, t.year_starts_on, t.month_starts_on AS month, t.products, t.missing, t.month_plan, t.month_actual, t.plan,
    t.actual, t.variance, t.ratio, t.year_plan, t.forecast, t.forecast_error, t.forecast_freedom, t.committed,
    coalesce(e.unknown, '{}') AS unknown, e.bac, e.pv, e.ev, e.ac, e.cpi, e.spi, e.eac, e.vac, e.tcpi_bac
FROM release_metrics.budget_total t
LEFT JOIN release_metrics.earned_value_total e USING (programme, currency, year_starts_on, month_starts_on)
WHERE t.category = '' AND t.month_starts_on = %(month)s
ORDER BY t.programme, t.currency, t.year_starts_on
