-- A place for all conflicts that one look found, gone at the end of the transaction.
CREATE TEMPORARY TABLE conflict_stage (LIKE release_ops.conflict INCLUDING DEFAULTS) ON COMMIT DROP
