-- How long do gates wait for approvers, month by month?
-- table: gate_attempt
SELECT product, gate, date_trunc('month', evaluated_at AT TIME ZONE 'UTC')::date AS month, count(approval_wait) AS asked,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY approval_wait) AS median_wait, max(approval_wait) AS longest_wait
FROM release_metrics.gate_attempt
WHERE approval_wait IS NOT NULL
GROUP BY product, gate, month
ORDER BY median_wait DESC
