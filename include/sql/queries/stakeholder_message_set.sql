-- Note what became of a message that is still open; what has not changed is not written.
-- optional: why, not_before, attempts, error, sent_at, escalated_to
UPDATE release_ops.stakeholder_message AS m SET
    state = %(state)s, why = coalesce(%(why)s, ''), not_before = %(not_before)s::timestamptz,
    attempts = coalesce(%(attempts)s, attempts), error = coalesce(%(error)s, error),
    sent_at = coalesce(sent_at, %(sent_at)s::timestamptz), escalated_to = coalesce(%(escalated_to)s, escalated_to),
    changed_at = %(at)s
WHERE key = %(key)s AND state IN ('due', 'held', 'failed')
    AND (state, why, not_before, attempts) IS DISTINCT FROM (
        %(state)s::text, coalesce(%(why)s, ''), %(not_before)s::timestamptz, coalesce(%(attempts)s, attempts)::smallint
    )
