-- The channel took a message; the first time stays.
UPDATE release_ops.message SET state = 'sent', sent_at = coalesce(sent_at, %(sent_at)s), error = ''
WHERE key = %(key)s
