-- Deployments of a DevLake project that has only pipelines: those that are deployments, or of which a task is one, by repository.
-- A pipeline without an environment has the gravest of its tasks'; one without an end still runs.
SELECT p.id AS deployment,
    pc.repo_url AS repository,
    LOWER(CASE
        WHEN p.environment <> '' THEN p.environment
        WHEN EXISTS (
            SELECT 1 FROM cicd_tasks AS t
            WHERE t.pipeline_id = p.id AND t.environment = 'PRODUCTION' AND t.result IN ('SUCCESS', 'FAILURE')
        ) THEN 'PRODUCTION'
        WHEN EXISTS (
            SELECT 1 FROM cicd_tasks AS t
            WHERE t.pipeline_id = p.id AND t.environment = 'STAGING' AND t.result IN ('SUCCESS', 'FAILURE')
        ) THEN 'STAGING'
        WHEN EXISTS (
            SELECT 1 FROM cicd_tasks AS t
            WHERE t.pipeline_id = p.id AND t.environment = 'TESTING' AND t.result IN ('SUCCESS', 'FAILURE')
        ) THEN 'TESTING'
        ELSE ''
    END) AS environment,
    p.cicd_scope_id AS component,
    pc.commit_sha AS commit,
    pc.branch AS ref,
    CASE WHEN p.finished_date IS NULL THEN 'running' WHEN p.result = 'SUCCESS' THEN 'success' ELSE 'failure' END AS result,
    p.created_date AS created_at,
    COALESCE(p.started_date, p.finished_date - p.duration_sec * INTERVAL '1' SECOND) AS started_at,
    p.finished_date AS finished_at
FROM cicd_pipeline_commits AS pc
JOIN cicd_pipelines AS p ON p.id = pc.pipeline_id
JOIN project_mapping AS pm ON pm.table = 'cicd_scopes' AND pm.row_id = p.cicd_scope_id
WHERE pm.project_name = 'my project'
    AND p.result IN ('SUCCESS', 'FAILURE')
    AND (
        p.type = 'DEPLOYMENT'
        OR EXISTS (
            SELECT 1 FROM cicd_tasks AS t
            WHERE t.pipeline_id = p.id AND t.type = 'DEPLOYMENT' AND t.result IN ('SUCCESS', 'FAILURE')
        )
    )
