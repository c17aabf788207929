-- A place for the lines whose commits were found anew, and from when on (null: the beginning), for this transaction.
CREATE TEMPORARY TABLE found_line (
    environment text, repository text, component text, since timestamptz
) ON COMMIT DROP
