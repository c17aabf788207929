-- Keep a text that a milestone made; made again, the new one counts and the first time stays.
-- optional: created_at
INSERT INTO release_ops.artifact AS a (product, version, kind, name, media_type, content, created_at)
VALUES (
    %(product)s, %(version)s, %(kind)s, %(name)s, %(media_type)s, %(content)s, coalesce(%(created_at)s, now())
)
ON CONFLICT (product, version, kind, name) DO UPDATE SET
    media_type = excluded.media_type, content = excluded.content
