-- Environments in which a version was promoted, with when that was last.
SELECT environment, max(ended_at) AS promoted_at
FROM release_ops.rollout
WHERE product = %(product)s AND version = %(version)s AND state = 'promoted'
GROUP BY environment
ORDER BY environment
