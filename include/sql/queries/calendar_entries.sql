-- Entries of the calendars as last seen, with their moves; of one product if given.
-- optional: product
SELECT product, version, category, entry, title, planned_at, ends_at, first_planned_on, sequence, changed_at
FROM release_ops.calendar_entry
WHERE product = coalesce(%(product)s, product)
