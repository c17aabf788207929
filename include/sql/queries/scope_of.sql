-- The features of one release as last snapshotted.
SELECT * FROM release_ops.scope_feature
WHERE product = %(product)s AND version = %(version)s
ORDER BY array_position(ARRAY['must', 'should', 'could'], priority), feature
