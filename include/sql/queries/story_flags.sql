-- The changes of feature flags that belong to one release, the newest first, with how many there are.
SELECT flag, environment, old_value, new_value, changed_by, reason, changed_at, count(*) OVER () AS total
FROM release_ops.flag_change
WHERE product = %(product)s AND version = %(version)s
ORDER BY changed_at DESC, change
LIMIT %(limit)s OFFSET %(offset)s
