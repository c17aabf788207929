-- What happened to the releases of a product since an instant: GA started or done, its deployment failed or was rolled back.
SELECT version, 'started' AS event, version AS id, min(started_at) AS at
FROM release_ops.milestone_run WHERE product = %(product)s AND kind = 'ga' AND state <> 'not_applied'
GROUP BY version HAVING min(started_at) >= %(since)s
UNION ALL
SELECT version, 'completed', version, released_at
FROM release_ops.release WHERE product = %(product)s AND released_at >= %(since)s
UNION ALL
SELECT version, 'failed', deployment, finished_at
FROM release_metrics.deployment_outcome
WHERE product = %(product)s AND environment = %(environment)s AND version <> '' AND result = 'failure' AND finished_at >= %(since)s
UNION ALL
-- Nobody says when something was rolled back: it is known to be so from its recovery on, or now.
SELECT version, 'rolled_back', deployment, coalesce(recovered_at, %(at)s)
FROM release_metrics.deployment_outcome
WHERE product = %(product)s AND environment = %(environment)s AND version <> '' AND rolled_back
    AND greatest(finished_at, recovered_at) >= %(since)s
ORDER BY at, version, event
