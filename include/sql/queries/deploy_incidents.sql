-- The last incidents of an environment; those without one are of the product's production environment.
SELECT incident, environment, title, severity, started_at, resolved_at, deployment, url
FROM release_ops.incident
WHERE product = %(product)s AND (environment = %(environment)s OR (environment = '' AND %(production)s))
ORDER BY started_at DESC
LIMIT %(most)s
