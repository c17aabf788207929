-- Reviews of a product that were scheduled by hand, are not held, and whose time has not come: they are made anew with what is known.
SELECT product, version, kind, due_at FROM release_ops.retrospective
WHERE product = %(product)s AND kind = 'hotfix' AND held_at IS NULL AND due_at > %(now)s
ORDER BY due_at, version
