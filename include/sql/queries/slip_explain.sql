-- Give the slips of one move a reason, where the product file had none.
UPDATE release_ops.slip SET reason = %(reason)s, reason_from = %(reason_from)s
WHERE product = %(product)s AND version = %(version)s AND noticed_at = %(noticed_at)s AND reason_from IS NULL
