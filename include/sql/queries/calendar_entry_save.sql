-- Keep an entry of a calendar as it is seen now. Its sequence rises when its start, its day, its end or whether it is planned changes.
-- optional: ends_at
INSERT INTO release_ops.calendar_entry AS c (
    product, version, category, entry, title, planned_at, ends_at, planned_on, first_planned_on, reason, release_reason,
    first_seen, changed_at
)
VALUES (
    %(product)s, %(version)s, %(category)s, %(entry)s, %(title)s, %(planned_at)s, %(ends_at)s, %(planned_on)s,
    %(planned_on)s, %(reason)s, %(release_reason)s, %(seen_at)s, %(seen_at)s
)
ON CONFLICT (product, version, category, entry) DO UPDATE SET
    title = excluded.title,
    planned_at = excluded.planned_at,
    ends_at = excluded.ends_at,
    planned_on = excluded.planned_on,
    reason = excluded.reason,
    release_reason = excluded.release_reason,
    withdrawn = false,
    sequence = CASE
        WHEN (c.planned_at, c.ends_at, c.planned_on, c.withdrawn) IS DISTINCT FROM (excluded.planned_at, excluded.ends_at, excluded.planned_on, false)
        THEN c.sequence + 1 ELSE c.sequence
    END,
    changed_at = CASE
        WHEN (c.planned_at, c.ends_at, c.planned_on, c.withdrawn) IS DISTINCT FROM (excluded.planned_at, excluded.ends_at, excluded.planned_on, false)
        THEN excluded.changed_at ELSE c.changed_at
    END
