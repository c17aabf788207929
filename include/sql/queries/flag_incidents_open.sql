-- Incidents of a flag's ramps that are not over.
SELECT incident, title, severity, environment, started_at
FROM release_ops.incident
WHERE product = %(product)s AND source = 'release_ops' AND resolved_at IS NULL AND starts_with(incident, %(prefix)s)
ORDER BY started_at, incident
