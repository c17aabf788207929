-- Days whose figures may change for what arrived or left on them.
INSERT INTO dora_day (product, environment, day)
SELECT product, environment, (at AT TIME ZONE 'UTC')::date FROM dora_touched WHERE kind = 'changes'
UNION
SELECT product, environment, (deployed_at AT TIME ZONE 'UTC')::date FROM release_ops.deployed_commit
WHERE (SELECT EXISTS (SELECT FROM dora_touched WHERE kind = 'everything'))
UNION
SELECT product, environment, starts_on FROM release_ops.dora_period
WHERE (SELECT EXISTS (SELECT FROM dora_touched WHERE kind = 'everything'))
