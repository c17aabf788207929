-- The open ramp of a flag in an environment.
SELECT * FROM release_ops.flag_ramp
WHERE product = %(product)s AND flag = %(flag)s AND environment = %(environment)s AND ended_at IS NULL
