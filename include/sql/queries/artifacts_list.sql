-- What a release's milestones made, without texts and bytes, milestone by milestone; size in bytes.
SELECT product, version, kind, name, media_type, size, sha256, created_at
FROM release_ops.artifact
WHERE product = %(product)s AND version = %(version)s
ORDER BY
    array_position(ARRAY['planning', 'alpha', 'feature_complete', 'freeze', 'beta', 'rc', 'ga', 'support_end'], kind),
    name
