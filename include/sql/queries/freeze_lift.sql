-- A freeze ends; the first end stays. Writes 0 rows if there was no freeze.
UPDATE release_ops.freeze SET lifted_at = coalesce(lifted_at, %(lifted_at)s)
WHERE product = %(product)s AND version = %(version)s
