-- What was made for one release, without texts and bytes, the latest milestone first, with how many there are; size in bytes.
-- Hidden kinds are left out, with `*` among them what belongs to no known kind. Names match the pattern `prefix`.
-- optional: prefix
SELECT kind, name, media_type, size, created_at, count(*) OVER () AS total
FROM release_ops.artifact
WHERE product = %(product)s AND version = %(version)s AND kind NOT IN (SELECT jsonb_array_elements_text(%(hidden)s))
    AND (
        NOT %(hidden)s::jsonb ? '*'
        OR kind IN ('planning', 'alpha', 'feature_complete', 'freeze', 'beta', 'rc', 'ga', 'support_end', 'forecast', 'health')
    )
    AND (%(prefix)s::text IS NULL OR name ~ %(prefix)s)
ORDER BY
    array_position(ARRAY['planning', 'alpha', 'feature_complete', 'freeze', 'beta', 'rc', 'ga', 'support_end'], kind) DESC NULLS FIRST,
    name
LIMIT %(limit)s OFFSET %(offset)s
