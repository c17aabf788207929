-- Environments that deployments are known of, those of one product if given, that of production first.
-- optional: product
SELECT environment
FROM (
    SELECT k.environment, bool_or(k.environment = coalesce(r.production, 'production')) AS is_production
    FROM release_ops.dora_line k
    LEFT JOIN release_ops.delivery_rule r USING (product)
    WHERE k.product = coalesce(%(product)s, k.product)
    GROUP BY k.environment
) e
ORDER BY is_production DESC, environment
LIMIT 200
