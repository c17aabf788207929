-- Releases of a product that are out since a time: version and when their GA was done.
SELECT version, actual_at FROM release_ops.milestone
WHERE product = %(product)s AND kind = 'ga' AND state = 'done' AND actual_at >= %(since)s
ORDER BY actual_at, version
