-- Remove what was found earlier in lines that were found anew, and is not so any more.
WITH gone AS (
    DELETE FROM release_ops.deployed_commit AS c
    USING found_line AS l
    WHERE c.product = %(product)s AND c.environment = l.environment AND c.repository = l.repository
        AND c.component = l.component AND c.deployed_at >= COALESCE(l.since, '-infinity')
        AND NOT EXISTS (
            SELECT FROM found_commit AS f
            WHERE f.environment = c.environment AND f.repository = c.repository AND f.component = c.component
                AND f.commit = c.commit
        )
    RETURNING c.deployed_at
)
SELECT count(*) AS rows, min(deployed_at) AS earliest, max(deployed_at) AS latest FROM gone
