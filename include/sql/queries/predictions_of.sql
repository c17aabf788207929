-- A product's predictions with their outcomes, those without one first; of one release if given.
-- optional: version
SELECT * FROM release_ops.prediction
WHERE product = %(product)s AND version = coalesce(%(version)s, version)
ORDER BY resolved_at NULLS FIRST, version, made_at, kind, subject
