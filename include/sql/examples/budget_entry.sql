-- What did people know of October's costs when it was closed?
-- table: budget_entry
SELECT e.product, e.kind, e.entry, e.on_day, e.category, e.item, e.amount, e.currency
FROM release_metrics.budget_entry e
JOIN release_metrics.budget_month m
    ON m.product = e.product AND m.revision = 1 AND date_trunc('month', e.on_day)::date = m.month_starts_on
WHERE e.known_from <= m.closed_at AND (e.known_until IS NULL OR e.known_until > m.closed_at)
ORDER BY e.product, e.on_day, e.entry
