-- Withdraw what is open and no longer asked for: the messages of `products` that are not among `keys`.
UPDATE release_ops.stakeholder_message SET
    state = 'withdrawn', why = %(why)s, not_before = NULL, changed_at = %(at)s
WHERE state IN ('due', 'held', 'failed') AND phase <> 'escalation'
    AND %(products)s::jsonb ? product AND NOT %(keys)s::jsonb ? key
    AND (%(version)s::text IS NULL OR version = %(version)s)
