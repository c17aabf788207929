-- What would wake a ramp: its own revision, what it was told, and where the rollout of its environment is.
SELECT r.revision, r.ended_at IS NOT NULL AS is_over,
    (SELECT count(*) FROM release_ops.flag_ramp_command c WHERE c.ramp = r.ramp AND c.taken_at IS NULL) AS told,
    coalesce((
        SELECT o.rollout || ' ' || o.state || ' ' || o.weight
        FROM release_ops.rollout o
        WHERE o.product = r.product AND o.environment = r.environment AND r.version IN ('', o.version)
        ORDER BY o.planned_at DESC, o.rollout DESC
        LIMIT 1
    ), '') AS rollout
FROM release_ops.flag_ramp r
WHERE r.ramp = %(ramp)s
