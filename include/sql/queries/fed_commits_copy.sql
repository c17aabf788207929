-- Take in rows of the feed of deployed commits.
COPY fed_commit (deployment, repository, commit, authored_at, committed_at) FROM STDIN
