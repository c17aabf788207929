-- Incidents of a DevLake project, for delivery.feeds.incidents.
SELECT i.id AS incident,
    i.title AS title,
    i.created_date AS started_at,
    i.resolution_date AS resolved_at,
    i.url AS url
FROM incidents AS i
JOIN project_mapping AS pm ON pm.table = i.table AND pm.row_id = i.scope_id
WHERE pm.project_name = 'my project'
