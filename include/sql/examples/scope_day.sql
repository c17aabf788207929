-- The burn-up of a release
-- table: scope_day
SELECT day, total, done, points_total, points_done, done_ratio
FROM release_metrics.scope_day
WHERE product = 'webapp' AND version = '2.8.0'
ORDER BY day
