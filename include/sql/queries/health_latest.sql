-- The last health report of every release that has one of this week or a later one, worst first; of one product if given.
-- optional: product
SELECT * FROM (
    SELECT DISTINCT ON (product, version) * FROM release_ops.health_report
    WHERE week >= %(since)s AND product = coalesce(%(product)s, product)
    ORDER BY product, version, week DESC
) last
ORDER BY array_position(ARRAY['red', 'yellow', 'unknown', 'green'], status), on_time NULLS FIRST, planned_ga, product, version
