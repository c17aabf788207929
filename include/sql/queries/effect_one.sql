-- What the ledger knows of one effect.
SELECT * FROM release_ops.effect WHERE key = %(key)s
