-- The waivers of one release, those that last longest first, with how many there are.
SELECT gate, criterion, approver, reason, granted_at, expires_at, count(*) OVER () AS total
FROM release_ops.waiver
WHERE product = %(product)s AND version = %(version)s
ORDER BY expires_at DESC, gate, criterion, approver
LIMIT %(limit)s OFFSET %(offset)s
