-- Commits of the feed with the first successful deployment of each.
SELECT DISTINCT ON (d.environment, d.repository, d.component, f.commit)
    d.environment,
    d.repository,
    d.component,
    f.commit,
    d.deployment,
    d.finished_at,
    COALESCE(f.authored_at, c.authored_at),
    COALESCE(f.committed_at, c.committed_at)
FROM fed_commit AS f
JOIN release_ops.deployment AS d
    ON d.product = %(product)s AND d.deployment = f.deployment AND d.repository = f.repository AND d.result = 'success'
LEFT JOIN release_ops.commit AS c
    ON c.product = d.product AND c.repository = f.repository AND c.commit = f.commit
WHERE COALESCE(f.authored_at, c.authored_at) IS NOT NULL AND COALESCE(f.committed_at, c.committed_at) IS NOT NULL
ORDER BY d.environment, d.repository, d.component, f.commit, d.finished_at, d.deployment
