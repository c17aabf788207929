-- Rollouts: the open ones first, then the latest.
-- optional: product, environment, state
SELECT r.rollout, r.product, r.version, r.environment, r.attempt, r.kind, r.strategy, r.state, r.weight, r.detail, r.previous_version,
    r.requested_by, r.planned_at, r.started_at, r.ended_at, count(*) OVER () AS total
FROM release_ops.rollout AS r
WHERE r.product = coalesce(%(product)s, r.product)
    AND r.environment = coalesce(%(environment)s, r.environment)
    AND r.state = coalesce(%(state)s, r.state)
ORDER BY r.ended_at IS NOT NULL, coalesce(r.ended_at, r.planned_at) DESC, r.rollout
LIMIT %(limit)s OFFSET %(offset)s
