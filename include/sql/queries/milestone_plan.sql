-- Plan or move a milestone. One that is done or under way keeps its date; a moved one that was missed, blocked or skipped is planned again.
INSERT INTO release_ops.milestone AS m (product, version, kind, planned_at)
VALUES (%(product)s, %(version)s, %(kind)s, %(planned_at)s)
ON CONFLICT (product, version, kind) DO UPDATE SET
    planned_at = excluded.planned_at, state = 'planned', late = false, detail = '', updated_at = now()
WHERE m.state NOT IN ('done', 'running') AND m.planned_at IS DISTINCT FROM excluded.planned_at
