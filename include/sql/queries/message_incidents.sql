-- The incidents of a product that are open or began on or after a day, the newest first.
SELECT incident, title, severity, started_at, resolved_at, url
FROM release_ops.incident
WHERE product = %(product)s AND (started_at >= %(since)s OR resolved_at IS NULL)
ORDER BY started_at DESC, incident
