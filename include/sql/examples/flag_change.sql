-- Which flags were changed in production, and by whom?
-- table: flag_change
SELECT changed_at, product, flag, old_value, new_value, changed_by, reason
FROM release_metrics.flag_change
WHERE environment IN ('production', '')
ORDER BY changed_at DESC
LIMIT 50
