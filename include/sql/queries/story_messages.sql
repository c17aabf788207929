-- The messages about one release, those that failed or wait first, with how many there are.
SELECT audience, channel_kind, channel_to, subject, state, created_at, sent_at, error, count(*) OVER () AS total
FROM release_ops.message
WHERE product = %(product)s AND version = %(version)s
ORDER BY array_position(ARRAY['failed', 'queued', 'sent'], state), created_at DESC, key
LIMIT %(limit)s OFFSET %(offset)s
