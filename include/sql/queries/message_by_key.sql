-- One message.
SELECT * FROM release_ops.message WHERE key = %(key)s
