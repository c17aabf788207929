-- The version that was promoted last in an environment, leaving one out.
SELECT version, ref, commit FROM release_ops.rollout
WHERE product = %(product)s AND environment = %(environment)s AND state = 'promoted' AND version <> %(version)s
ORDER BY ended_at DESC
LIMIT 1
