-- Earlier rollouts that a later one concerns: with an open incident, or the last promoted one if it brought this version.
SELECT r.rollout
FROM release_ops.rollout AS r
JOIN release_ops.incident AS i ON i.product = r.product AND i.incident = r.rollout
WHERE r.product = %(product)s AND r.environment = %(environment)s AND r.ended_at <= %(before)s
    AND i.source = %(source)s AND i.resolved_at IS NULL
UNION
SELECT p.rollout
FROM (
    SELECT rollout, version FROM release_ops.rollout
    WHERE product = %(product)s AND environment = %(environment)s AND state = 'promoted' AND ended_at <= %(before)s
    ORDER BY ended_at DESC
    LIMIT 1
) AS p
WHERE p.version = %(version)s
ORDER BY rollout
