-- What did people decide about deployments that were held?
-- table: rollout_event
SELECT product, environment, kind, by, count(*) AS times
FROM release_metrics.rollout_event
WHERE by IS NOT NULL
GROUP BY product, environment, kind, by
ORDER BY times DESC, product, environment, kind, by
