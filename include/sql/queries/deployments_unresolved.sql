-- Those of the deployments whose commit was not found that are successful still.
SELECT d.deployment, d.repository, d.environment, d.component, d.version, d.commit, d.ref, d.finished_at
FROM jsonb_to_recordset(%(deployments)s) AS u (deployment text, repository text)
JOIN release_ops.deployment AS d
    ON d.product = %(product)s AND d.deployment = u.deployment AND d.repository = u.repository AND d.result = 'success'
ORDER BY d.finished_at, d.deployment
