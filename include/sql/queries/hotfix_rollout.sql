-- The last deployment of a version to an environment that was no rehearsal and no way back.
SELECT rollout, state, run_id, dag_id, started_at, ended_at
FROM release_ops.rollout
WHERE product = %(product)s AND version = %(version)s AND environment = %(environment)s AND kind IN ('release', 'hotfix')
ORDER BY attempt DESC
LIMIT 1
