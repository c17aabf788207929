-- The rollout of an environment that changed something last.
SELECT rollout, version, state FROM release_ops.rollout
WHERE product = %(product)s AND environment = %(environment)s AND started_at IS NOT NULL
ORDER BY started_at DESC
LIMIT 1
