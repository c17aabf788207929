-- Take in commits that deployments brought.
COPY found_commit (environment, repository, component, commit, deployment, deployed_at, authored_at, committed_at) FROM STDIN
