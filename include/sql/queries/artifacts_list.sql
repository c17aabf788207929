-- What a release's milestones made, without the texts; length in characters.
SELECT product, version, kind, name, media_type, length(content) AS characters, created_at
FROM release_ops.artifact
WHERE product = %(product)s AND version = %(version)s
ORDER BY created_at, kind, name
