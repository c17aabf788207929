-- Withdraw what is open and no longer asked for: not among `keys`, of these products or, if they are all there are, of any.
UPDATE release_ops.stakeholder_message SET
    state = 'withdrawn', why = %(why)s, not_before = NULL, changed_at = %(at)s
WHERE state IN ('due', 'held', 'failed') AND phase <> 'escalation'
    AND NOT %(keys)s::jsonb ? coalesce(nullif(escalates, ''), key)
    AND (%(whole)s::boolean OR phase <> 'digest' AND %(products)s::jsonb ? product)
