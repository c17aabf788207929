-- Record that an effect has happened; the first record stays.
UPDATE release_ops.effect SET state = 'done', done_at = now(), how = %(how)s, result = %(result)s
WHERE key = %(key)s AND state = 'claimed'
