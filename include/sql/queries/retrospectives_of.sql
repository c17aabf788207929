-- The reviews of a product, or of one of its releases, the latest first, without what they say.
-- optional: version
SELECT product, version, kind, due_at, created_at, made_at, held_at, held_by, status
FROM release_ops.retrospective
WHERE product = %(product)s AND version = coalesce(%(version)s, version)
ORDER BY due_at DESC, version, kind
