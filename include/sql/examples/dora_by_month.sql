-- How do we do by DORA's five measures, month by month?
-- table: dora
SELECT product, environment, starts_on AS month, deployment_frequency, lead_time_median, change_fail_rate, recovery_time_median,
    rework_rate
FROM release_metrics.dora
WHERE period = 'month' AND complete
ORDER BY product, environment, month
