-- Note what became of a message that is still open.
-- optional: why, not_before, error, escalated_to
UPDATE release_ops.stakeholder_message SET
    state = %(state)s, why = coalesce(%(why)s, ''), not_before = %(not_before)s::timestamptz,
    attempts = attempts + (%(state)s IN ('failed', 'escalated') AND %(error)s::text IS NOT NULL)::integer,
    error = coalesce(%(error)s, error), escalated_to = coalesce(%(escalated_to)s, escalated_to), changed_at = %(at)s
WHERE key = %(key)s AND state IN ('due', 'held', 'failed')
    AND (state, why, coalesce(not_before, '-infinity'), %(error)s::text IS NULL)
        IS DISTINCT FROM (%(state)s, coalesce(%(why)s, ''), coalesce(%(not_before)s::timestamptz, '-infinity'), true)
