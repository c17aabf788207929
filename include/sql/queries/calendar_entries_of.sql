-- The calendar of one release as last seen, milestones and events, in order.
SELECT * FROM release_ops.calendar_entry
WHERE product = %(product)s AND version = %(version)s
ORDER BY planned_at, category DESC, entry
