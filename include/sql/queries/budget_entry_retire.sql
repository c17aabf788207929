-- End what is known of entries that their source has otherwise now, or does not have any more.
UPDATE release_ops.budget_entry e SET known_until = %(at)s
WHERE e.product = %(product)s AND e.kind = %(kind)s AND e.known_until IS NULL AND (
    e.source = %(source)s AND NOT EXISTS (SELECT FROM budget_entry_stage s WHERE s.entry = e.entry)
    OR EXISTS (
        SELECT FROM budget_entry_stage s
        WHERE s.entry = e.entry
            AND (s.version, s.category, s.item, s.on_day, s.amount, s.currency, s.quantity, s.unit, s.used, %(source)s)
            IS DISTINCT FROM
            (e.version, e.category, e.item, e.on_day, e.amount, e.currency, e.quantity, e.unit, e.used, e.source)
    )
)
