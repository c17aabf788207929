-- How long do releases take from opening to GA, by type?
-- table: release
SELECT product, type, count(*) AS releases, avg(lead_time) AS lead_time
FROM release_metrics.release
WHERE released_at IS NOT NULL
GROUP BY product, type
ORDER BY product, type
