-- How many ramps a flag has had in an environment.
SELECT coalesce(max(attempt), 0) AS attempts
FROM release_ops.flag_ramp
WHERE product = %(product)s AND flag = %(flag)s AND environment = %(environment)s
