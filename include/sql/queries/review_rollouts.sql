-- The rollouts of one release in order, each with its holds: since when, and until it went on or ended.
SELECT r.rollout, r.environment, r.strategy, r.kind, r.state, r.weight, r.started_at, r.ended_at, r.reason, r.detail, coalesce(h.holds, '[]') AS holds
FROM release_ops.rollout r
CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('start', e.at, 'end', (
        SELECT min(n.at) FROM release_ops.rollout_event n
        WHERE n.rollout = e.rollout AND n.place > e.place AND n.kind IN ('resume', 'promote', 'abort', 'rollback')
    )) ORDER BY e.place) AS holds
    FROM release_ops.rollout_event e
    WHERE e.rollout = r.rollout AND e.kind = 'hold'
) h
WHERE r.product = %(product)s AND r.version = %(version)s AND r.kind IN ('release', 'hotfix')
ORDER BY r.planned_at, r.rollout
