-- The channel refused a message; one that was sent stays sent.
UPDATE release_ops.message SET state = 'failed', error = %(error)s
WHERE key = %(key)s AND state <> 'sent'
