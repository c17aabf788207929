-- Comments and reviews on the pull requests of a DevLake project, for delivery.feeds.pull_reviews.
SELECT pr.base_repo_id AS repository,
    pr.id AS pull_request,
    c.id AS review,
    c.account_id AS author,
    'commented' AS state,
    c.created_date AS submitted_at
FROM pull_request_comments AS c
JOIN pull_requests AS pr ON pr.id = c.pull_request_id
JOIN project_mapping AS pm ON pm.table = 'repos' AND pm.row_id = pr.base_repo_id
WHERE pm.project_name = 'my project'
