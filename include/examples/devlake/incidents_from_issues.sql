-- Incidents of a DevLake project that has only issues: those of type INCIDENT on its boards.
SELECT DISTINCT i.id AS incident,
    i.title AS title,
    i.created_date AS started_at,
    i.resolution_date AS resolved_at,
    i.url AS url
FROM issues AS i
JOIN board_issues AS bi ON bi.issue_id = i.id
JOIN project_mapping AS pm ON pm.table = 'boards' AND pm.row_id = bi.board_id
WHERE pm.project_name = 'my project'
    AND i.type = 'INCIDENT'
