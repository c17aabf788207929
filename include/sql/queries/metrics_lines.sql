-- DORA's figures of a page of products and environments: their last weeks or months in order; without an environment, that of production.
-- optional: product, environment
SELECT l.product, l.environment, l.total, d.period, d.starts_on, d.ends_on, d.complete, d.known_until, d.days, d.deployments, d.successful,
    d.unsuccessful, d.deployment_days, d.deployment_frequency, d.changes, d.lead_time_median, d.lead_time_median_low, d.lead_time_p75,
    d.lead_time_p95, d.reached_users, d.failed, d.change_fail_rate, d.change_fail_rate_by_incident,
    d.change_fail_rate_with_unsuccessful, d.incidents, d.recovered, d.still_failed, d.recovery_time_median,
    d.recovery_time_median_low, d.restore_time_median, d.restore_time_median_low, d.rework, d.rework_rate
FROM (
    SELECT k.product, k.environment, count(*) OVER () AS total
    FROM release_ops.dora_line k
    LEFT JOIN release_ops.delivery_rule r USING (product)
    WHERE k.product = coalesce(%(product)s, k.product)
        AND k.environment = coalesce(%(environment)s, r.production, 'production')
    ORDER BY k.product, k.environment
    LIMIT %(limit)s OFFSET %(offset)s
) l
CROSS JOIN LATERAL (
    SELECT * FROM release_metrics.dora
    WHERE product = l.product AND environment = l.environment AND period = %(period)s
    ORDER BY starts_on DESC
    LIMIT %(periods)s
) d
ORDER BY l.product, l.environment, d.starts_on
