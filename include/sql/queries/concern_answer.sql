-- Write down the answer to a concern; the first one stays.
UPDATE release_ops.concern
SET answer = %(answer)s, answered_at = %(answered_at)s, answered_by = %(answered_by)s
WHERE id = %(id)s AND answered_at IS NULL
