-- Which incidents took the longest to resolve?
-- table: incident
SELECT product, incident, title, severity, environment, started_at, resolved_at - started_at AS lasted, url
FROM release_metrics.incident
ORDER BY coalesce(resolved_at, now()) - started_at DESC
LIMIT 20
