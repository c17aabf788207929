-- Where was the way back shown to work, and how long ago?
-- table: rehearsal
SELECT product, environment, passed, now() - rehearsed_at AS age, detail
FROM release_metrics.rehearsal
WHERE latest
ORDER BY product, environment
