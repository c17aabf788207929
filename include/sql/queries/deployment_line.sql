-- Successful deployments of a line in their order: those that ended from a time on, and the last few before it.
-- optional: since
(
    SELECT deployment, version, commit, ref, finished_at, true AS is_earlier
    FROM release_ops.deployment
    WHERE product = %(product)s AND environment = %(environment)s AND repository = %(repository)s
        AND component = %(component)s AND result = 'success' AND finished_at < %(since)s
    ORDER BY finished_at DESC, deployment DESC
    LIMIT 50
)
UNION ALL
SELECT deployment, version, commit, ref, finished_at, false
FROM release_ops.deployment
WHERE product = %(product)s AND environment = %(environment)s AND repository = %(repository)s
    AND component = %(component)s AND result = 'success' AND finished_at >= COALESCE(%(since)s, '-infinity')
ORDER BY finished_at, deployment
