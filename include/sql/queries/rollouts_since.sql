-- Rollouts to an environment that began after an instant, in order.
SELECT rollout, version, kind, state, previous_version, reason, planned_at, ended_at
FROM release_ops.rollout
WHERE product = %(product)s AND environment = %(environment)s AND started_at >= %(since)s
ORDER BY started_at, rollout
LIMIT 100
