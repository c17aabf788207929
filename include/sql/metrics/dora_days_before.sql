-- Days whose figures may change: those of the outcomes as they were, and those of touched changes.
INSERT INTO dora_day (product, environment, day)
SELECT o.product, o.environment, (o.finished_at AT TIME ZONE 'UTC')::date
FROM dora_deployment AS d
JOIN release_ops.deployment_outcome AS o USING (product, deployment)
UNION
SELECT product, environment, (at AT TIME ZONE 'UTC')::date FROM dora_touched WHERE kind = 'changes'
UNION
SELECT product, environment, (deployed_at AT TIME ZONE 'UTC')::date FROM release_ops.deployed_commit
WHERE (SELECT EXISTS (SELECT FROM dora_touched WHERE kind = 'everything'))
UNION
SELECT product, environment, starts_on FROM release_ops.dora_period
WHERE (SELECT EXISTS (SELECT FROM dora_touched WHERE kind = 'everything'))
