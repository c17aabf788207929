-- The train of a release as planned at first, as planned now and as it went, in order.
SELECT m.kind, m.state, m.planned_at, m.actual_at, c.first_planned_on, m.detail
FROM release_ops.milestone m
LEFT JOIN release_ops.calendar_entry c
    ON c.product = m.product AND c.version = m.version AND c.category = 'milestone' AND c.entry = m.kind
WHERE m.product = %(product)s AND m.version = %(version)s AND m.planned_at IS NOT NULL
ORDER BY m.planned_at, m.kind
