-- Pull requests of a DevLake project, for delivery.feeds.pull_requests.
SELECT pr.base_repo_id AS repository,
    pr.id AS pull_request,
    pr.title AS title,
    pr.url AS url,
    pr.author_id AS author,
    CASE WHEN pr.merged_date IS NOT NULL THEN 'merged' WHEN pr.closed_date IS NOT NULL THEN 'closed' ELSE 'open' END AS state,
    pr.base_ref AS base,
    pr.head_ref AS head,
    CASE WHEN pr.merged_date IS NOT NULL THEN pr.merge_commit_sha ELSE '' END AS merge_commit,
    COALESCE((
        SELECT prc.commit_sha
        FROM pull_request_commits AS prc
        WHERE prc.pull_request_id = pr.id
        ORDER BY prc.commit_authored_date, prc.commit_sha
        LIMIT 1
    ), '') AS first_commit,
    (
        SELECT MIN(prc.commit_authored_date) FROM pull_request_commits AS prc WHERE prc.pull_request_id = pr.id
    ) AS first_commit_at,
    pr.created_date AS created_at,
    pr.merged_date AS merged_at,
    pr.closed_date AS closed_at
FROM pull_requests AS pr
JOIN project_mapping AS pm ON pm.table = 'repos' AND pm.row_id = pr.base_repo_id
WHERE pm.project_name = 'my project'
