-- Grant a waiver, or renew the same approver's waiver of the same criterion.
INSERT INTO release_ops.waiver (product, version, gate, criterion, approver, reason, granted_at, expires_at)
VALUES (
    %(product)s, %(version)s, %(gate)s, %(criterion)s, %(approver)s, %(reason)s, %(granted_at)s, %(expires_at)s
)
ON CONFLICT (product, version, gate, criterion, approver) DO UPDATE SET
    reason = excluded.reason, granted_at = excluded.granted_at, expires_at = excluded.expires_at
