-- Bring the plan of a release up to date without opening it; what happened to it stays.
-- optional: planned_ga, theme
INSERT INTO release_ops.release AS r (product, version, type, theme, planned_ga)
VALUES (%(product)s, %(version)s, %(type)s, coalesce(%(theme)s, ''), %(planned_ga)s)
ON CONFLICT (product, version) DO UPDATE SET
    type = excluded.type,
    theme = excluded.theme,
    planned_ga = coalesce(excluded.planned_ga, r.planned_ga)
