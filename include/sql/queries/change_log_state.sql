-- What a product's change log was last made from, and of how many commits it was.
SELECT fingerprint, commits FROM release_ops.change_log_state WHERE product = %(product)s
