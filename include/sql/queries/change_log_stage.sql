-- A place for the whole change log of one product, gone at the end of the transaction.
CREATE TEMPORARY TABLE change_log_stage (LIKE release_ops.change_log INCLUDING DEFAULTS) ON COMMIT DROP
