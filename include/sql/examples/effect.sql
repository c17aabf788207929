-- What was done to the outside for a release?
-- table: effect
SELECT product, version, kind, how, count(*) AS acts, max(duration) AS slowest
FROM release_metrics.effect
WHERE state = 'done'
GROUP BY product, version, kind, how
ORDER BY product, version, acts DESC
