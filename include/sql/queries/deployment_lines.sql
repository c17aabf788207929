-- Lines of deployments: environment, repository and component of those that succeeded.
SELECT environment, repository, component, NULL::timestamptz AS since
FROM release_ops.deployment
WHERE product = %(product)s AND result = 'success'
GROUP BY environment, repository, component
ORDER BY environment, repository, component
