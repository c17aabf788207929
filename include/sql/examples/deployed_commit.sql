-- How long do commits take to reach production, month by month?
-- table: deployed_commit
SELECT product, date_trunc('month', deployed_at AT TIME ZONE 'UTC')::date AS month, count(*) AS commits,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY deployed_at - authored_at) AS median_from_writing,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY deployed_at - committed_at) AS median_from_commit
FROM release_metrics.deployed_commit
WHERE environment = 'production'
GROUP BY product, month
ORDER BY product, month
