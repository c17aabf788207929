-- Commits that were found and that no deployment before brought.
SELECT f.environment, f.repository, f.component, f.commit, f.deployment, f.deployed_at, f.authored_at, f.committed_at
FROM found_commit AS f
JOIN found_line AS l
    ON l.environment = f.environment AND l.repository = f.repository AND l.component = f.component
LEFT JOIN release_ops.deployed_commit AS c
    ON c.product = %(product)s AND c.environment = f.environment AND c.repository = f.repository
    AND c.component = f.component AND c.commit = f.commit AND c.deployed_at < l.since
WHERE c.product IS NULL
