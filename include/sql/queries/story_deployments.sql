-- The deployments of one release, the newest first, with how many there are.
SELECT deployment, environment, component, result, started_at, finished_at, commit, unplanned, rolled_back, NULL::boolean AS failed,
    NULL::integer AS incidents, url, count(*) OVER () AS total
FROM release_ops.deployment
WHERE product = %(product)s AND version = %(version)s
ORDER BY coalesce(finished_at, started_at, created_at) DESC NULLS FIRST, deployment, repository
LIMIT %(limit)s OFFSET %(offset)s
