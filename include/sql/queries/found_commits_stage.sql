-- A place for the commits that deployments were found to bring, for this transaction.
CREATE TEMPORARY TABLE found_commit (
    environment text, repository text, component text, commit text, deployment text,
    deployed_at timestamptz, authored_at timestamptz, committed_at timestamptz
) ON COMMIT DROP
