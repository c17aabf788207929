-- Keep a text (content) or bytes (data) that a milestone made; made again, the new one counts and the first time stays.
-- optional: created_at, data
INSERT INTO release_ops.artifact AS a (
    product, version, kind, name, media_type, content, data, size, sha256, created_at
)
SELECT
    %(product)s, %(version)s, %(kind)s, %(name)s, %(media_type)s, %(content)s, %(data)s,
    octet_length(made.bytes), encode(sha256(made.bytes), 'hex'), coalesce(%(created_at)s, now())
FROM (SELECT coalesce(%(data)s::bytea, convert_to(%(content)s::text, 'UTF8')) AS bytes) made
ON CONFLICT (product, version, kind, name) DO UPDATE SET
    media_type = excluded.media_type, content = excluded.content, data = excluded.data,
    size = excluded.size, sha256 = excluded.sha256
