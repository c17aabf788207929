-- Queue a message; one that is already there, whatever became of it, stays as it is.
-- optional: version, channel_to, subject, body, blocks, created_at
INSERT INTO release_ops.message
    (key, product, version, audience, channel_kind, channel_to, subject, body, blocks, created_at)
VALUES (
    %(key)s, %(product)s, coalesce(%(version)s, ''), %(audience)s, %(channel_kind)s, coalesce(%(channel_to)s, ''),
    coalesce(%(subject)s, ''), coalesce(%(body)s, ''), %(blocks)s, coalesce(%(created_at)s, now())
)
ON CONFLICT (key) DO NOTHING
