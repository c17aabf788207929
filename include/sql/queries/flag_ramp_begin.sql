-- A ramp begins; nothing where one of this flag and environment is open.
INSERT INTO release_ops.flag_ramp (
    ramp, product, flag, environment, attempt, version, engine, percent, target, detail, plan, progress, may_rebucket, requested_by,
    reason, planned_at, run_id, first_run
)
VALUES (
    %(ramp)s, %(product)s, %(flag)s, %(environment)s, %(attempt)s, %(version)s, %(engine)s, %(percent)s, %(target)s, %(detail)s,
    %(plan)s, %(progress)s, %(may_rebucket)s, %(requested_by)s, %(reason)s, %(planned_at)s, %(run_id)s, %(run_id)s
)
ON CONFLICT DO NOTHING
