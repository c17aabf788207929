-- The moves of a product's dates that were noticed at or after an instant, those of one release and instant together, GA first.
SELECT version, entry, category, title, old_on, new_on, noticed_at, reason
FROM release_ops.slip
WHERE product = %(product)s AND noticed_at >= %(since)s AND implausible = ''
ORDER BY noticed_at, version, entry <> 'ga', new_on, entry
