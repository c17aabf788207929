-- Every waiver ever granted for a release, in order.
SELECT * FROM release_ops.waiver
WHERE product = %(product)s AND version = %(version)s
ORDER BY granted_at, gate, criterion, approver
