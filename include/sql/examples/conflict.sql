-- Which conflicts between dates stood the longest?
-- table: conflict
SELECT product, version, milestone, kind, severity, message, coalesce(resolved_at, now()) - first_seen AS stood
FROM release_metrics.conflict
ORDER BY stood DESC
LIMIT 20
