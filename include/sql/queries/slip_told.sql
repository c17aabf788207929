-- Everybody concerned has been told of a move; the first time stays.
UPDATE release_ops.slip SET told_at = %(told_at)s
WHERE product = %(product)s AND version = %(version)s AND noticed_at = %(noticed_at)s AND told_at IS NULL
