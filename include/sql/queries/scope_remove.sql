-- Take a feature out of a release's snapshot: it is no longer planned for it.
DELETE FROM release_ops.scope_feature
WHERE product = %(product)s AND version = %(version)s AND feature = %(feature)s
