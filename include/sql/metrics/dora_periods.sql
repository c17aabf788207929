-- The figures of those weeks and months, each from its own rows alone.
INSERT INTO release_ops.dora_period
    (product, environment, period, starts_on, deployments, successful, deployment_days, reached, failed, failed_by_incident,
    failed_or_unsuccessful, incidents, recovered, recovery_time_median, recovery_time_median_low, restore_time_median,
    restore_time_median_low, rework, changes, lead_time_median, lead_time_median_low, lead_time_p75, lead_time_p95,
    lead_time_from_commit_median)
SELECT w.product, w.environment, w.period, w.starts_on, o.*, c.*
FROM dora_window AS w
CROSS JOIN LATERAL (
    SELECT count(*) AS deployments,
        count(*) FILTER (WHERE result = 'success'),
        count(DISTINCT (finished_at AT TIME ZONE 'UTC')::date) FILTER (WHERE result = 'success'),
        count(*) FILTER (WHERE reached_users),
        count(*) FILTER (WHERE is_failed),
        count(*) FILTER (WHERE result = 'success' AND incidents > 0),
        count(*) FILTER (WHERE result = 'failure' OR is_failed),
        coalesce(sum(incidents), 0),
        count(recovered_at),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(recovered_at - finished_at, interval '0'))
            FILTER (WHERE recovered_at IS NOT NULL),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY greatest(recovered_at - finished_at, interval '0'))
            FILTER (WHERE recovered_at IS NOT NULL),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(recovered_at - failed_at, interval '0'))
            FILTER (WHERE recovered_at IS NOT NULL),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY greatest(recovered_at - failed_at, interval '0'))
            FILTER (WHERE recovered_at IS NOT NULL),
        count(*) FILTER (WHERE reached_users AND is_rework)
    FROM release_ops.deployment_outcome
    WHERE product = w.product AND environment = w.environment AND finished_at >= w.starts_at AND finished_at < w.ends_at
) AS o
CROSS JOIN LATERAL (
    SELECT count(*) AS changes,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(d.deployed_at - d.authored_at, interval '0')),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY greatest(d.deployed_at - d.authored_at, interval '0')),
        percentile_cont(0.75) WITHIN GROUP (ORDER BY greatest(d.deployed_at - d.authored_at, interval '0')),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY greatest(d.deployed_at - d.authored_at, interval '0')),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(d.deployed_at - d.committed_at, interval '0'))
    FROM release_ops.deployed_commit AS d
    WHERE d.product = w.product AND d.environment = w.environment AND d.deployed_at >= w.starts_at AND d.deployed_at < w.ends_at
        -- A commit counts in the component that it reached first.
        AND (NOT w.several OR NOT EXISTS (
            SELECT FROM release_ops.deployed_commit AS e
            WHERE e.product = d.product AND e.commit = d.commit AND e.environment = d.environment AND e.repository = d.repository
                AND e.deployed_at <= d.deployed_at AND (e.deployed_at, e.component) < (d.deployed_at, d.component)
        ))
) AS c
WHERE o.deployments > 0 OR c.changes > 0
