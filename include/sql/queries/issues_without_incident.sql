-- Incidents of a source whose issue is none, or none any more.
SELECT i.incident
FROM release_ops.incident AS i
JOIN release_ops.issue AS s ON s.product = i.product AND s.issue = i.incident AND s.source = i.source
WHERE i.product = %(product)s AND i.source = %(source)s
GROUP BY i.incident
HAVING NOT bool_or(s.is_incident)
