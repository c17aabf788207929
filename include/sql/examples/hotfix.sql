-- How long do our hotfixes take, and where does the time go?
-- table: hotfix
SELECT product, date_trunc('quarter', requested_at) AS quarter, count(*) AS hotfixes,
    avg(within_target::integer) AS share_within_target,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY time_to_out) AS usual_time,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY time_to_approve) AS waiting_for_people
FROM release_metrics.hotfix
GROUP BY product, quarter
ORDER BY quarter DESC, product
