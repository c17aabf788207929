-- Incidents of a product in an environment, or in none that is named, that began from an instant on and before another.
SELECT incident, severity, started_at, extract(epoch FROM resolved_at - started_at)::double precision AS restore_seconds
FROM release_ops.incident
WHERE product = %(product)s AND environment IN ('', %(environment)s) AND started_at >= %(since)s AND started_at < %(until)s
ORDER BY started_at, incident
