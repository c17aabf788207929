-- Hotfixes of a product that are neither out nor at their end.
SELECT product, version, affected, run_id, dag_id, requested_at, requested_by, branch
FROM release_ops.hotfix
WHERE product = %(product)s AND ended_at IS NULL AND tagged_at IS NULL
ORDER BY requested_at, version
