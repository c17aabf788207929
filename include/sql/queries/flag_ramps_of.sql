-- The ramps of a flag, the newest first.
SELECT ramp, environment, attempt, engine, state, percent, target, detail, requested_by, reason, planned_at, started_at, ended_at
FROM release_ops.flag_ramp
WHERE product = %(product)s AND flag = %(flag)s
ORDER BY planned_at DESC, ramp DESC
LIMIT %(limit)s
