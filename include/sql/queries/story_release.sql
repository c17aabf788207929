-- One release: its record, how its GA was planned first and came, its freeze, what was last predicted of its GA, its last review.
SELECT r.product, r.version, r.type, r.theme, r.state, r.planned_ga, r.branch, r.previous_version, r.opened_at, r.released_at, r.closed_at,
    c.first_planned_on AS first_planned_ga, m.actual_at AS actual_ga, f.started_at AS frozen_at, f.lifted_at AS freeze_lifted_at,
    o.probability AS on_time, o.made_on AS on_time_made_on, d.expected_on AS p85_on,
    h.status AS health, h.week AS health_week, t.status AS review, t.kind AS review_kind, t.made_at AS review_made_at
FROM release_ops.release r
LEFT JOIN release_ops.calendar_entry c
    ON c.product = r.product AND c.version = r.version AND c.category = 'milestone' AND c.entry = 'ga'
LEFT JOIN release_ops.milestone m ON m.product = r.product AND m.version = r.version AND m.kind = 'ga'
LEFT JOIN release_ops.freeze f ON f.product = r.product AND f.version = r.version
LEFT JOIN LATERAL (
    SELECT p.probability, p.made_on FROM release_ops.prediction p
    WHERE p.product = r.product AND p.version = r.version AND p.kind = 'on_time'
    ORDER BY p.made_on DESC
    LIMIT 1
) o ON true
LEFT JOIN LATERAL (
    SELECT p.expected_on FROM release_ops.prediction p
    WHERE p.product = r.product AND p.version = r.version AND p.kind = 'ga_date' AND p.subject = 'p85'
    ORDER BY p.made_on DESC
    LIMIT 1
) d ON true
LEFT JOIN LATERAL (
    SELECT status, week FROM release_ops.health_report
    WHERE product = r.product AND version = r.version
    ORDER BY week DESC
    LIMIT 1
) h ON true
LEFT JOIN LATERAL (
    SELECT status, kind, made_at FROM release_ops.retrospective
    WHERE product = r.product AND version = r.version AND made_at IS NOT NULL
    ORDER BY made_at DESC, kind
    LIMIT 1
) t ON true
WHERE r.product = %(product)s AND r.version = %(version)s
