-- Waivers of a gate that hold at an instant: granted by then, not yet expired.
SELECT * FROM release_ops.waiver
WHERE product = %(product)s AND version = %(version)s AND gate = %(gate)s
    AND granted_at <= %(now)s AND expires_at > %(now)s
ORDER BY criterion, granted_at, approver
