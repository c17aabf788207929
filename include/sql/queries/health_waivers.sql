-- The waivers of a release that hold at an instant, the next to end first.
SELECT gate, criterion, approver, expires_at FROM release_ops.waiver
WHERE product = %(product)s AND version = %(version)s AND granted_at <= %(now)s AND expires_at > %(now)s
ORDER BY expires_at, gate, criterion, approver
