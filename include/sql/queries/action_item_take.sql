-- Take up an action item, or change its owner, its day or its words; a closed one stays closed.
-- optional: text
UPDATE release_ops.action_item
SET state = 'open', owner = %(owner)s, due_on = %(due_on)s, text = coalesce(nullif(%(text)s::text, ''), text),
    decided_at = coalesce(decided_at, %(at)s)
WHERE product = %(product)s AND version = %(version)s AND id = %(id)s AND state IN ('proposed', 'open')
