-- Days whose figures may change: those of the outcomes as they are now.
INSERT INTO dora_day (product, environment, day)
SELECT DISTINCT o.product, o.environment, (o.finished_at AT TIME ZONE 'UTC')::date
FROM dora_deployment AS d
JOIN release_ops.deployment_outcome AS o USING (product, deployment)
