-- Reviews of hotfixes of a product that are not held: made anew until their time comes, and at least once.
SELECT product, version, kind, due_at FROM release_ops.retrospective
WHERE product = %(product)s AND kind = 'hotfix' AND held_at IS NULL AND (due_at > %(now)s OR made_at IS NULL)
ORDER BY due_at, version
