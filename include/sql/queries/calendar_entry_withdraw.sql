-- An entry of a calendar is no longer planned; it keeps its last date, and its sequence rises once.
UPDATE release_ops.calendar_entry
SET withdrawn = true, sequence = sequence + 1, changed_at = %(seen_at)s
WHERE product = %(product)s AND version = %(version)s AND category = %(category)s AND entry = %(entry)s
    AND NOT withdrawn
