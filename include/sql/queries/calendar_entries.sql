-- Entries of the calendars as last seen, with their moves; of some products if their ids are given, as a list.
-- optional: products
SELECT product, version, category, entry, title, planned_at, ends_at, first_planned_on, sequence, changed_at
FROM release_ops.calendar_entry
WHERE %(products)s::jsonb IS NULL OR product = ANY (ARRAY(SELECT jsonb_array_elements_text(%(products)s)))
