-- Incidents that issues of a source are.
SELECT
    issue AS incident,
    title,
    severity,
    created_at AS started_at,
    CASE WHEN closed_at IS NOT NULL THEN GREATEST(closed_at, created_at) END AS resolved_at,
    url
FROM release_ops.issue
WHERE product = %(product)s AND source = %(source)s AND is_incident
ORDER BY repository, issue
