-- A hotfix is asked for; the same run asking again changes nothing, and a version that never came out may be asked for anew.
INSERT INTO release_ops.hotfix AS h (
    product, version, affected, type, severity, reason, why, fixes, criteria, advisory, requested_by, requested_at, target,
    base_commit, branch, run_id, dag_id
)
VALUES (
    %(product)s, %(version)s, %(affected)s, %(type)s, %(severity)s, %(reason)s, %(why)s, %(fixes)s, %(criteria)s,
    %(advisory)s, %(requested_by)s, %(requested_at)s, %(target)s, %(base_commit)s, %(branch)s, %(run_id)s, %(dag_id)s
)
ON CONFLICT (product, version) DO UPDATE SET
    affected = excluded.affected,
    type = excluded.type,
    severity = excluded.severity,
    reason = excluded.reason,
    why = excluded.why,
    fixes = excluded.fixes,
    criteria = excluded.criteria,
    advisory = excluded.advisory,
    requested_by = excluded.requested_by,
    requested_at = excluded.requested_at,
    target = excluded.target,
    base_commit = excluded.base_commit,
    branch = excluded.branch,
    run_id = excluded.run_id,
    dag_id = excluded.dag_id,
    branch_at = NULL,
    approved_at = NULL,
    approved_by = '[]',
    tested_at = NULL,
    ended_at = NULL,
    end_state = NULL
WHERE h.ended_at IS NOT NULL AND h.tagged_at IS NULL
