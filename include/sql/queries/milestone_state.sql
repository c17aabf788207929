-- Record where a milestone stands, planned or not. Done is final and keeps its first time; what is not given stays.
-- optional: planned_at, actual_at, late, detail
INSERT INTO release_ops.milestone AS m (product, version, kind, planned_at, actual_at, state, late, detail)
VALUES (
    %(product)s, %(version)s, %(kind)s, %(planned_at)s, %(actual_at)s, %(state)s,
    coalesce(%(late)s, false), coalesce(%(detail)s, '')
)
ON CONFLICT (product, version, kind) DO UPDATE SET
    planned_at = coalesce(m.planned_at, excluded.planned_at),
    actual_at = coalesce(m.actual_at, excluded.actual_at),
    state = excluded.state,
    late = coalesce(%(late)s, m.late),
    detail = coalesce(%(detail)s, m.detail),
    updated_at = now()
WHERE m.state <> 'done'
