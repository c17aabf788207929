-- Where do pull requests wait?
-- table: pull_request_flow
SELECT product, date_trunc('month', merged_at AT TIME ZONE 'UTC')::date AS month, count(*) AS merged,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY pickup_time) AS pickup,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY review_time) AS review,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY deploy_time) AS deploy
FROM release_metrics.pull_request_flow
WHERE state = 'merged' AND NOT author_is_bot
GROUP BY product, month
ORDER BY product, month
