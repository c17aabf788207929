-- The last time that a flag was switched off by the kill switch since an instant.
SELECT claimed_at FROM release_ops.effect
WHERE kind = 'flag' AND starts_with(key, %(prefix)s) AND claimed_at >= %(since)s
ORDER BY claimed_at DESC
LIMIT 1
