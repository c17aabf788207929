-- What is the lead time for changes, week by week?
-- table: dora
SELECT product, starts_on AS week, complete, changes, lead_time_median, lead_time_p75, lead_time_p95
FROM release_metrics.dora
WHERE period = 'week' AND environment = 'production'
ORDER BY product, week
