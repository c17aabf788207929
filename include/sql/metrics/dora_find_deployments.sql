-- Deployments whose outcome may be another one now, by their own change, their commits', their incidents' or a neighbour's.
INSERT INTO dora_deployment (product, deployment)
SELECT product, thing FROM dora_touched WHERE kind = 'deployment'
UNION
SELECT product, deployment FROM dora_incident WHERE deployment IS NOT NULL
UNION
SELECT product, fixed_by FROM dora_incident WHERE fixed_by <> ''
UNION
SELECT i.product, i.deployment FROM dora_incident AS d JOIN release_ops.incident_deployment AS i USING (product, incident)
WHERE i.deployment IS NOT NULL
UNION
SELECT i.product, i.fixed_by FROM dora_incident AS d JOIN release_ops.incident_deployment AS i USING (product, incident)
WHERE i.fixed_by <> ''
UNION
-- What was rolled back is well again with the next success of its line: with none between them, that may be this one.
SELECT b.product, b.deployment
FROM (
    SELECT DISTINCT product, environment, repository, component, at FROM dora_touched WHERE kind = 'deployment' AND at IS NOT NULL
) AS t
CROSS JOIN LATERAL (
    SELECT coalesce(max(s.finished_at), '-infinity') AS at
    FROM release_ops.deployment AS s
    WHERE s.product = t.product AND s.environment = t.environment AND s.repository = t.repository AND s.component = t.component
        AND s.result = 'success' AND s.finished_at < t.at
) AS before
JOIN release_ops.deployment AS b
    ON b.product = t.product AND b.environment = t.environment AND b.repository = t.repository AND b.component = t.component
    AND b.rolled_back AND b.finished_at BETWEEN before.at AND t.at
UNION
SELECT d.product, d.deployment FROM dora_touched AS t JOIN release_ops.deployment AS d USING (product) WHERE t.kind = 'product'
UNION
SELECT product, deployment FROM release_ops.deployment WHERE (SELECT EXISTS (SELECT FROM dora_touched WHERE kind = 'everything'))
UNION
SELECT product, deployment FROM release_ops.deployment_outcome
WHERE (SELECT EXISTS (SELECT FROM dora_touched WHERE kind = 'everything'))
