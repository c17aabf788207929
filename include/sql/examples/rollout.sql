-- How many deployments were taken back, and how long did the way back take?
-- table: rollout
SELECT product, environment, count(*) AS deployments, count(*) FILTER (WHERE state = 'rolled_back') AS rolled_back,
    avg(ended_at - rollback_began_at) FILTER (WHERE state = 'rolled_back') AS time_back, avg(duration) AS duration
FROM release_metrics.rollout
WHERE ended_at IS NOT NULL
GROUP BY product, environment
ORDER BY product, environment
