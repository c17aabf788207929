-- Begin what is known of staged entries that are not known so.
INSERT INTO release_ops.budget_entry (
    product, kind, entry, version, category, item, on_day, amount, currency, quantity, unit, used, source, known_from
)
SELECT
    %(product)s, %(kind)s, s.entry, s.version, s.category, s.item, s.on_day, s.amount, s.currency, s.quantity, s.unit, s.used,
    %(source)s, %(at)s
FROM budget_entry_stage s
WHERE NOT EXISTS (
    SELECT FROM release_ops.budget_entry e
    WHERE e.product = %(product)s AND e.kind = %(kind)s AND e.entry = s.entry AND e.known_until IS NULL
)
