-- A run begins or, retried or cleared, begins again: its first start stays.
-- optional: planned_at, late, reason, started_by, occasion, log_url
INSERT INTO release_ops.milestone_run AS r
    (run_id, dag_id, product, version, kind, planned_at, started_at, late, reason, started_by, occasion, log_url)
VALUES (
    %(run_id)s, %(dag_id)s, %(product)s, %(version)s, %(kind)s, %(planned_at)s, %(started_at)s,
    coalesce(%(late)s, false), coalesce(%(reason)s, ''), coalesce(%(started_by)s, ''), coalesce(%(occasion)s, ''), coalesce(%(log_url)s, '')
)
ON CONFLICT (run_id, dag_id) DO UPDATE SET
    state = 'running',
    finished_at = NULL,
    planned_at = coalesce(excluded.planned_at, r.planned_at),
    late = coalesce(%(late)s, r.late),
    reason = excluded.reason,
    started_by = coalesce(%(started_by)s, r.started_by),
    log_url = coalesce(%(log_url)s, r.log_url)
