-- What the milestones of one release made, without texts and bytes, milestone by milestone, with how many there are; size in bytes; without those of hidden milestones.
SELECT kind, name, media_type, size, created_at, count(*) OVER () AS total
FROM release_ops.artifact
WHERE product = %(product)s AND version = %(version)s AND kind NOT IN (SELECT jsonb_array_elements_text(%(hidden)s))
ORDER BY
    array_position(ARRAY['planning', 'alpha', 'feature_complete', 'freeze', 'beta', 'rc', 'ga', 'support_end'], kind) DESC NULLS FIRST,
    name
LIMIT %(limit)s OFFSET %(offset)s
