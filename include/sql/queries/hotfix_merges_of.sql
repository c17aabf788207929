-- Branches that a hotfix came back to.
SELECT * FROM release_ops.hotfix_merge WHERE product = %(product)s AND version = %(version)s ORDER BY branch
