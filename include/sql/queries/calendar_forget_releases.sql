-- Releases that left their product's file: their entries are no longer planned. `versions` are those that it has.
UPDATE release_ops.calendar_entry
SET withdrawn = true, sequence = sequence + 1, changed_at = %(seen_at)s
WHERE product = %(product)s AND NOT withdrawn AND NOT to_jsonb(version) <@ %(versions)s
