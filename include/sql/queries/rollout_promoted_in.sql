-- Environments in which a version was promoted.
SELECT DISTINCT environment FROM release_ops.rollout
WHERE product = %(product)s AND version = %(version)s AND state = 'promoted'
