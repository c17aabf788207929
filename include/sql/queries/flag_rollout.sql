-- The latest rollout of a product in an environment, of one version if one is named.
SELECT rollout, version, state, weight, detail
FROM release_ops.rollout
WHERE product = %(product)s AND environment = %(environment)s AND %(version)s IN ('', version) AND kind <> 'rehearsal'
ORDER BY planned_at DESC, rollout DESC
LIMIT 1
