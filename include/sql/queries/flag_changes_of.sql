-- The changes of one flag on record, the newest first.
SELECT environment, old_value, new_value, changed_by, reason, changed_at
FROM release_ops.flag_change
WHERE product = %(product)s AND flag = %(flag)s
ORDER BY changed_at DESC, change
LIMIT %(limit)s
