-- When the messages that were planned before are due, for those whose time is that of their first planning.
SELECT key, due_at FROM release_ops.stakeholder_message
WHERE product = %(product)s AND phase IN (SELECT jsonb_array_elements_text(%(phases)s))
