-- Deployments of a DevLake project, for delivery.feeds.deployments.
-- The repositories of one pipeline are one deployment; an earlier try of the same repository is one of its own.
SELECT CASE
        WHEN EXISTS (
            SELECT 1
            FROM cicd_deployment_commits AS later
            WHERE later.cicd_deployment_id = dc.cicd_deployment_id
                AND later.repo_url = dc.repo_url
                AND (later.finished_date > dc.finished_date OR (later.finished_date = dc.finished_date AND later.id > dc.id))
        ) THEN dc.id
        ELSE dc.cicd_deployment_id
    END AS deployment,
    dc.repo_url AS repository,
    LOWER(dc.environment) AS environment,
    dc.cicd_scope_id AS component,
    dc.commit_sha AS commit,
    dc.ref_name AS ref,
    CASE dc.result WHEN 'SUCCESS' THEN 'success' WHEN 'FAILURE' THEN 'failure' ELSE 'abandoned' END AS result,
    dc.created_date AS created_at,
    dc.started_date AS started_at,
    dc.finished_date AS finished_at
FROM cicd_deployment_commits AS dc
JOIN project_mapping AS pm ON pm.table = 'cicd_scopes' AND pm.row_id = dc.cicd_scope_id
WHERE pm.project_name = 'my project'
    AND dc.finished_date IS NOT NULL
    AND dc.environment <> ''
    AND dc.repo_url <> ''
