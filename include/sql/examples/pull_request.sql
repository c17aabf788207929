-- How large are pull requests that are merged?
-- table: pull_request
SELECT product, date_trunc('month', merged_at AT TIME ZONE 'UTC')::date AS month, count(*) AS merged,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY additions + deletions) AS median_lines
FROM release_metrics.pull_request
WHERE state = 'merged' AND NOT author_is_bot
GROUP BY product, month
ORDER BY product, month
