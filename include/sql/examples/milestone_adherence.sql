-- How many milestones are on time, quarter by quarter?
-- table: milestone_adherence
SELECT product, starts_on, sum(milestones) AS milestones, sum(on_time)::double precision / sum(milestones) AS on_time_ratio, sum(slips) AS slips
FROM release_metrics.milestone_adherence
WHERE period = 'quarter'
GROUP BY product, starts_on
ORDER BY product, starts_on
