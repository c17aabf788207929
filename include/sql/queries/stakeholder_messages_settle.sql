-- What a channel took is sent, also where nobody came to write it down.
UPDATE release_ops.stakeholder_message AS m SET
    state = 'sent', sent_at = coalesce(q.sent_at, e.done_at), why = '', not_before = NULL, error = '', changed_at = %(at)s
FROM release_ops.effect AS e
LEFT JOIN release_ops.message AS q ON q.key = e.key
WHERE e.key = m.key AND e.state = 'done' AND m.state <> 'sent'
