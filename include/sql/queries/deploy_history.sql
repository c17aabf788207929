-- The last promoted rollouts of an environment, with what happened in them, for how long they took.
SELECT r.rollout, r.plan, r.started_at, r.ended_at,
    coalesce(
        (
            SELECT jsonb_agg(jsonb_build_object('kind', e.kind, 'at', e.at, 'by', e.detail ->> 'by') ORDER BY e.place)
            FROM release_ops.rollout_event AS e
            WHERE e.rollout = r.rollout
        ),
        '[]'
    ) AS events
FROM release_ops.rollout AS r
WHERE r.product = %(product)s AND r.environment = %(environment)s AND r.state = 'promoted' AND r.started_at IS NOT NULL
    AND r.kind IN ('release', 'hotfix')
ORDER BY r.ended_at DESC
LIMIT %(most)s
