-- Which role lets releases wait the longest?
-- table: approval
SELECT role, count(*) AS asked, count(user_id) AS answered, avg(waited) AS waited
FROM release_metrics.approval
GROUP BY role
ORDER BY waited DESC NULLS LAST
