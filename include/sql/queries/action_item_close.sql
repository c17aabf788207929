-- Close an action item with what shows that it is done, or why it is dropped.
UPDATE release_ops.action_item
SET state = %(state)s, closed_at = %(at)s, closed_by = %(by)s, evidence = %(evidence)s, decided_at = coalesce(decided_at, %(at)s)
WHERE product = %(product)s AND version = %(version)s AND id = %(id)s AND state IN ('proposed', 'open')
