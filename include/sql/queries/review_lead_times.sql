-- Seconds from its authoring to its deployment of every commit that reached an environment of a product from an instant on and before another.
SELECT extract(epoch FROM greatest(d.deployed_at - d.authored_at, interval '0'))::double precision AS seconds
FROM release_ops.deployed_commit d
WHERE d.product = %(product)s AND d.environment = %(environment)s AND d.deployed_at >= %(since)s AND d.deployed_at < %(until)s
    -- A commit counts in the component that it reached first.
    AND NOT EXISTS (
        SELECT FROM release_ops.deployed_commit e
        WHERE e.product = d.product AND e.commit = d.commit AND e.environment = d.environment AND e.repository = d.repository
            AND e.deployed_at <= d.deployed_at AND (e.deployed_at, e.component) < (d.deployed_at, d.component)
    )
ORDER BY seconds
