-- Remember that people were told of conflicts, given by key.
UPDATE release_ops.conflict SET told_at = %(now)s
WHERE resolved_at IS NULL AND key IN (SELECT jsonb_array_elements_text(%(keys)s))
