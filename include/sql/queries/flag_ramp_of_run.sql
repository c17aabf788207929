-- The ramp that a run began.
SELECT * FROM release_ops.flag_ramp
WHERE product = %(product)s AND flag = %(flag)s AND environment = %(environment)s AND run_id = %(run_id)s
ORDER BY attempt DESC
LIMIT 1
