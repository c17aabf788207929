-- What is each product held to?
-- table: product_target
SELECT product, profile, deployment_success, freeze_to_production, critical_issues, recovery
FROM release_metrics.product_target
ORDER BY product
