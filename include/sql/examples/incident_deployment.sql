-- Which deployment brought each incident?
-- table: incident_deployment
SELECT i.product, i.incident, n.title, n.severity, i.deployment, i.linked_by, i.restore_time
FROM release_metrics.incident_deployment i
JOIN release_metrics.incident n USING (product, incident)
ORDER BY i.started_at DESC
LIMIT 50
