-- Releases of which a milestone stands in a state, was moved to another day or withdrawn, within a period.
SELECT DISTINCT product, version
FROM release_ops.milestone
WHERE state = %(state)s
    AND ((planned_at >= %(start)s AND planned_at < %(end)s) OR (actual_at >= %(start)s AND actual_at < %(end)s))
UNION
SELECT DISTINCT product, version
FROM release_ops.calendar_entry
WHERE category = 'milestone' AND planned_at >= %(start)s AND planned_at < %(end)s
    AND ((%(state)s = 'moved' AND planned_on <> first_planned_on AND NOT withdrawn) OR (%(state)s = 'withdrawn' AND withdrawn))
