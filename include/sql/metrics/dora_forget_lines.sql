-- Forget environments in which nothing was ever deployed, as far as is known now.
DELETE FROM release_ops.dora_line AS l
WHERE (
        SELECT min(o.finished_at) FROM release_ops.deployment_outcome AS o
        WHERE o.product = l.product AND o.environment = l.environment
    ) IS NULL
    AND (
        SELECT min(d.deployed_at) FROM release_ops.deployed_commit AS d
        WHERE d.product = l.product AND d.environment = l.environment
    ) IS NULL
