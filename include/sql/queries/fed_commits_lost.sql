-- Rows of the feed of deployed commits that say too little: their deployment, or the times of their commit, are unknown.
SELECT
    f.deployment,
    min(f.commit) AS commit,
    count(*) AS rows,
    bool_or(d.product IS NULL) AS no_deployment
FROM fed_commit AS f
LEFT JOIN release_ops.deployment AS d
    ON d.product = %(product)s AND d.deployment = f.deployment AND d.repository = f.repository
LEFT JOIN release_ops.commit AS c
    ON c.product = %(product)s AND c.repository = f.repository AND c.commit = f.commit
WHERE d.product IS NULL
    OR COALESCE(f.authored_at, c.authored_at) IS NULL
    OR COALESCE(f.committed_at, c.committed_at) IS NULL
GROUP BY f.deployment
ORDER BY f.deployment
LIMIT 20
