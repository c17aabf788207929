-- How a product's milestones held their dates in the last quarters, the newest quarter first.
SELECT kind, starts_on, milestones, done, on_time, on_time_ratio, on_first_plan_ratio, lateness_median, slips, breaches
FROM release_metrics.milestone_adherence
WHERE product = %(product)s AND period = 'quarter'
ORDER BY
    starts_on DESC,
    array_position(ARRAY['planning', 'alpha', 'feature_complete', 'freeze', 'beta', 'rc', 'ga', 'support_end'], kind)
LIMIT %(limit)s
