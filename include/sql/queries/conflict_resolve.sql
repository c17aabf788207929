-- Close the conflicts that are there no more.
UPDATE release_ops.conflict AS c SET resolved_at = %(now)s
WHERE c.resolved_at IS NULL AND NOT EXISTS (SELECT FROM conflict_stage AS s WHERE s.key = c.key)
