-- Open a release's record, or bring its plan up to date; state and opening time of an open one stay.
-- optional: planned_ga, branch, previous_version, theme
INSERT INTO release_ops.release AS r
    (product, version, type, theme, planned_ga, state, branch, previous_version, opened_at)
VALUES (
    %(product)s, %(version)s, %(type)s, coalesce(%(theme)s, ''), %(planned_ga)s, 'in_progress',
    %(branch)s, %(previous_version)s, %(opened_at)s
)
ON CONFLICT (product, version) DO UPDATE SET
    type = excluded.type,
    theme = excluded.theme,
    planned_ga = coalesce(excluded.planned_ga, r.planned_ga),
    state = CASE r.state WHEN 'planned' THEN excluded.state ELSE r.state END,
    branch = coalesce(excluded.branch, r.branch),
    previous_version = coalesce(excluded.previous_version, r.previous_version),
    opened_at = coalesce(r.opened_at, excluded.opened_at)
