-- The train of one release: each milestone as planned first and last, as it went, and how often and why it was moved.
SELECT coalesce(m.kind, c.entry) AS kind, coalesce(m.state, 'planned') AS state, coalesce(m.planned_at, c.planned_at) AS planned_at,
    c.first_planned_on, c.planned_on, m.actual_at, coalesce(m.late, false) AS late, coalesce(m.detail, '') AS detail,
    coalesce(c.withdrawn, false) AS withdrawn, s.moves, s.moved_days, s.breaches, coalesce(s.reason, '') AS reason,
    coalesce(s.policy_reason, '') AS policy_reason
FROM (
    SELECT * FROM release_ops.milestone WHERE product = %(product)s AND version = %(version)s
) m
FULL JOIN (
    SELECT * FROM release_ops.calendar_entry
    WHERE product = %(product)s AND version = %(version)s AND category = 'milestone'
) c ON c.entry = m.kind
CROSS JOIN LATERAL (
    SELECT count(*) AS moves, sum(new_on - old_on) AS moved_days, count(*) FILTER (WHERE policy = 'breached') AS breaches,
        (array_agg(reason ORDER BY sequence DESC))[1] AS reason,
        (array_agg(policy_reason ORDER BY policy = 'breached' DESC, sequence DESC))[1] AS policy_reason
    FROM release_ops.slip
    WHERE product = %(product)s AND version = %(version)s AND category = 'milestone' AND entry = coalesce(m.kind, c.entry)
) s
ORDER BY
    coalesce(m.planned_at, c.planned_at) NULLS LAST,
    array_position(
        ARRAY['planning', 'alpha', 'feature_complete', 'freeze', 'beta', 'rc', 'ga', 'support_end'], coalesce(m.kind, c.entry)
    )
