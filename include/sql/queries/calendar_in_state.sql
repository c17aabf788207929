-- Releases of which a milestone stands in a state, was moved to another day or withdrawn, within a period.
SELECT DISTINCT m.product, m.version
FROM release_ops.milestone m
LEFT JOIN release_ops.calendar_entry c
    ON c.product = m.product AND c.version = m.version AND c.category = 'milestone' AND c.entry = m.kind
WHERE m.state = %(state)s
    AND ((m.actual_at >= %(start)s AND m.actual_at < %(end)s)
        OR (coalesce(c.planned_at, m.planned_at) >= %(start)s AND coalesce(c.planned_at, m.planned_at) < %(end)s))
UNION
SELECT product, version
FROM release_ops.calendar_entry
WHERE category = 'milestone' AND planned_at >= %(start)s AND planned_at < %(end)s
    AND ((%(state)s = 'moved' AND planned_on <> first_planned_on AND NOT withdrawn) OR (%(state)s = 'withdrawn' AND withdrawn))
