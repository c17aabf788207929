-- Slips that not everybody concerned has heard of, the oldest move first, with the present sequence of what they moved.
SELECT s.*, c.sequence AS present_sequence
FROM release_ops.slip s
JOIN release_ops.calendar_entry c USING (product, version, category, entry)
WHERE s.told_at IS NULL
ORDER BY s.noticed_at, s.product, s.version, s.category DESC, s.entry
