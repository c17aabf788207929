-- What every environment runs by our own records, and the rollout that is open there.
-- optional: product
SELECT p.product, p.environment, l.version AS live_version, l.rollout AS live_rollout, l.ended_at AS live_since,
    o.rollout AS open_rollout, o.version AS open_version, o.state AS open_state, o.weight AS open_weight
FROM (
    SELECT DISTINCT product, environment FROM release_ops.rollout WHERE product = coalesce(%(product)s, product)
) AS p
LEFT JOIN LATERAL (
    SELECT CASE state WHEN 'promoted' THEN r.version ELSE r.previous_version END AS version, r.rollout, r.ended_at
    FROM release_ops.rollout AS r
    WHERE r.product = p.product AND r.environment = p.environment AND r.state IN ('promoted', 'rolled_back')
    ORDER BY r.ended_at DESC, r.attempt DESC
    LIMIT 1
) AS l ON true
LEFT JOIN release_ops.rollout AS o ON o.product = p.product AND o.environment = p.environment AND o.ended_at IS NULL
ORDER BY p.product, p.environment
