-- Lines of deployments (environment, repository, component) that changed since, and from which deployment's end on.
WITH touched AS (
    SELECT deployment, repository, environment, component, result, finished_at
    FROM release_ops.deployment
    WHERE product = %(product)s AND loaded_at > %(since)s
),
places AS (
    SELECT environment, repository, component, finished_at AS at
    FROM touched
    WHERE result = 'success'
    UNION ALL
    -- Where they were before.
    SELECT c.environment, c.repository, c.component, c.deployed_at
    FROM touched AS t
    JOIN release_ops.deployed_commit AS c
        ON c.product = %(product)s AND c.deployment = t.deployment AND c.repository = t.repository
    UNION ALL
    -- The first of a line brings no commits, and leaves no trace but in the last reading's notes.
    SELECT b.environment, b.repository, b.component, b.finished_at
    FROM touched AS t
    JOIN jsonb_to_recordset(%(bases)s) AS b (
        environment text, repository text, component text, deployment text, finished_at timestamptz
    ) ON b.deployment = t.deployment AND b.repository = t.repository
)
SELECT environment, repository, component, min(at) AS since
FROM places
GROUP BY environment, repository, component
ORDER BY environment, repository, component
