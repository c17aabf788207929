-- The plan and costs of a year until a month and of releases, and what was ordered, as they were known when it was closed.
SELECT e.kind, e.entry, e.version, e.category, e.item, e.on_day, e.amount, e.currency, e.quantity, e.unit, e.used, e.source
FROM release_ops.budget_entry e
WHERE e.product = %(product)s AND e.known_from <= %(at)s AND (e.known_until IS NULL OR e.known_until > %(at)s)
    AND (e.version <> '' OR e.on_day >= (%(month)s::date - interval '11 months'))
    AND (e.kind <> 'actual' OR e.on_day < %(month)s::date + interval '1 month')
ORDER BY e.kind DESC, e.on_day, e.version, e.category, e.item, e.entry
