-- Rollouts of a version to an environment, the last attempt first.
SELECT * FROM release_ops.rollout
WHERE product = %(product)s AND version = %(version)s AND environment = %(environment)s
ORDER BY attempt DESC
