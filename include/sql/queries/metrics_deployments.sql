-- The deployments behind a figure: those of a product and environment that finished from a day on and before another, UTC, of one sort; the newest first.
SELECT deployment, component, version, result, started_at, finished_at, commits, lead_time_median, incidents, rolled_back, is_failed,
    failed_why, recovered_at, recovery_time, is_rework, rework_why, url, count(*) OVER () AS total
FROM release_metrics.deployment_outcome
WHERE product = %(product)s AND environment = %(environment)s
    AND finished_at >= %(since)s::date::timestamp AT TIME ZONE 'UTC' AND finished_at < %(until)s::date::timestamp AT TIME ZONE 'UTC'
    AND CASE %(sort)s
        WHEN 'successful' THEN result = 'success'
        WHEN 'unsuccessful' THEN result = 'failure'
        WHEN 'reached' THEN reached_users
        WHEN 'failed' THEN is_failed
        WHEN 'recovered' THEN recovered_at IS NOT NULL
        WHEN 'rework' THEN reached_users AND is_rework
        ELSE true
    END
ORDER BY finished_at DESC, deployment
LIMIT %(limit)s OFFSET %(offset)s
