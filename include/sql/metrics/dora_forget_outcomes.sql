-- Forget what became of the deployments in question, and note on which days that was.
WITH gone AS (
    DELETE FROM release_ops.deployment_outcome AS o USING dora_deployment AS d
    WHERE o.product = d.product AND o.deployment = d.deployment
    RETURNING o.product, o.environment, (o.finished_at AT TIME ZONE 'UTC')::date AS day
)
INSERT INTO dora_day (product, environment, day) SELECT DISTINCT product, environment, day FROM gone
