-- A product's predictions with their outcomes, those without one first; of one release, or only those with or without one.
-- optional: version, resolved
SELECT * FROM release_ops.prediction
WHERE product = %(product)s AND version = coalesce(%(version)s, version)
    AND (%(resolved)s::boolean IS NULL OR (resolved_at IS NOT NULL) = %(resolved)s)
ORDER BY resolved_at NULLS FIRST, version, made_at, kind, subject
