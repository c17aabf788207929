-- Releases of which a milestone with a date in a period stands in a state, was moved to another day or withdrawn; without a state, all whose milestone is on record and stands; with their types.
-- optional: state, kind, type
WITH near AS (
    SELECT product, version, entry AS kind FROM release_ops.calendar_entry
    WHERE category = 'milestone' AND planned_at >= %(start)s AND planned_at < %(end)s
    UNION
    SELECT product, version, kind FROM release_ops.milestone
    WHERE (actual_at >= %(start)s AND actual_at < %(end)s) OR (planned_at >= %(start)s AND planned_at < %(end)s)
)
SELECT DISTINCT n.product, n.version, r.type
FROM near n
LEFT JOIN release_ops.calendar_entry c
    ON c.product = n.product AND c.version = n.version AND c.category = 'milestone' AND c.entry = n.kind
LEFT JOIN release_ops.milestone m ON m.product = n.product AND m.version = n.version AND m.kind = n.kind
LEFT JOIN release_ops.release r ON r.product = n.product AND r.version = n.version
WHERE (%(kind)s::text IS NULL OR n.kind = %(kind)s)
    -- The type of a release that has not begun stands in its product file alone.
    AND (%(type)s::text IS NULL OR r.type IS NULL OR r.type = %(type)s)
    AND ((m.actual_at >= %(start)s AND m.actual_at < %(end)s)
        OR (coalesce(c.planned_at, m.planned_at) >= %(start)s AND coalesce(c.planned_at, m.planned_at) < %(end)s))
    -- A release that is out leaves its file some day: what was done stays done, and is not withdrawn.
    AND CASE coalesce(%(state)s::text, '')
        WHEN '' THEN c.withdrawn IS NOT TRUE OR m.state = 'done'
        WHEN 'moved' THEN c.planned_on <> c.first_planned_on AND (NOT c.withdrawn OR m.state = 'done')
        WHEN 'withdrawn' THEN c.withdrawn AND m.state IS DISTINCT FROM 'done'
        ELSE m.state = %(state)s
    END
