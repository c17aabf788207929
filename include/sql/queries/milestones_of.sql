-- The train of one release as planned and as it went, in order.
SELECT * FROM release_ops.milestone
WHERE product = %(product)s AND version = %(version)s
ORDER BY
    planned_at NULLS LAST,
    array_position(ARRAY['planning', 'alpha', 'feature_complete', 'freeze', 'beta', 'rc', 'ga', 'support_end'], kind)
