-- The commits behind a lead time: those that reached an environment of a product from a day on and before another, UTC, the slowest first.
SELECT d.repository, d.commit, d.component, d.deployment, d.deployed_at, d.authored_at, d.committed_at,
    greatest(d.deployed_at - d.authored_at, interval '0') AS lead_time, l.description, c.author, count(*) OVER () AS total
FROM release_ops.deployed_commit d
LEFT JOIN release_ops.change_log l ON l.product = d.product AND l.commit = d.commit
LEFT JOIN release_ops.commit c ON c.product = d.product AND c.repository = d.repository AND c.commit = d.commit
WHERE d.product = %(product)s AND d.environment = %(environment)s
    AND d.deployed_at >= %(since)s::date::timestamp AT TIME ZONE 'UTC' AND d.deployed_at < %(until)s::date::timestamp AT TIME ZONE 'UTC'
    -- A commit counts in the component that it reached first.
    AND NOT EXISTS (
        SELECT FROM release_ops.deployed_commit e
        WHERE e.product = d.product AND e.commit = d.commit AND e.environment = d.environment AND e.repository = d.repository
            AND e.deployed_at <= d.deployed_at AND (e.deployed_at, e.component) < (d.deployed_at, d.component)
    )
ORDER BY lead_time DESC, d.commit, d.repository
LIMIT %(limit)s OFFSET %(offset)s
