-- A place for the rows of the feed of deployed commits, for this transaction.
CREATE TEMPORARY TABLE fed_commit (
    deployment text, repository text, commit text, authored_at timestamptz, committed_at timestamptz
) ON COMMIT DROP
