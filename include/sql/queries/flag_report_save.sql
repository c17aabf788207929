-- How a flag stands this week; a later look replaces it.
INSERT INTO release_ops.flag_report (product, flag, week, made_at, stale, facts)
VALUES (%(product)s, %(flag)s, %(week)s, %(made_at)s, %(stale)s, %(facts)s)
ON CONFLICT (product, flag, week) DO UPDATE SET made_at = excluded.made_at, stale = excluded.stale, facts = excluded.facts
