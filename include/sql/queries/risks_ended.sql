-- The risks of a release that came true or were avoided.
SELECT risk, state FROM release_ops.risk
WHERE product = %(product)s AND version = %(version)s AND state IN ('came_true', 'avoided')
