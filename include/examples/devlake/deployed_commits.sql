-- Commits that each deployment of a DevLake project brought, for delivery.feeds.deployed_commits.
SELECT dc.cicd_deployment_id AS deployment,
    dc.repo_url AS repository,
    cd.commit_sha AS commit,
    c.authored_date AS authored_at,
    c.committed_date AS committed_at
FROM cicd_deployment_commits AS dc
JOIN project_mapping AS pm ON pm.table = 'cicd_scopes' AND pm.row_id = dc.cicd_scope_id
JOIN cicd_deployment_commits AS previous ON previous.id = dc.prev_success_deployment_commit_id
JOIN commits_diffs AS cd ON cd.new_commit_sha = dc.commit_sha AND cd.old_commit_sha = previous.commit_sha
LEFT JOIN commits AS c ON c.sha = cd.commit_sha
WHERE pm.project_name = 'my project'
    AND dc.result = 'SUCCESS'
