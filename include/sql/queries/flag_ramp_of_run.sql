-- The ramp that a run began, or took over at some time.
SELECT r.*
FROM release_ops.flag_ramp r
WHERE r.product = %(product)s AND r.flag = %(flag)s AND r.environment = %(environment)s
    AND (
        %(run_id)s IN (r.run_id, r.first_run)
        OR EXISTS (SELECT FROM release_ops.flag_ramp_command c WHERE c.key = r.ramp || ':' || %(run_id)s::text)
    )
ORDER BY r.attempt DESC
LIMIT 1
