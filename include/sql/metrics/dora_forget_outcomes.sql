-- Forget what became of the deployments in question.
DELETE FROM release_ops.deployment_outcome AS o USING dora_deployment AS d
WHERE o.product = d.product AND o.deployment = d.deployment
