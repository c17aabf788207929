-- Take out proposed action items of a review that its last making does not propose any more.
DELETE FROM release_ops.action_item
WHERE product = %(product)s AND version = %(version)s AND kind = %(kind)s AND state = 'proposed'
    AND NOT (id IN (SELECT jsonb_array_elements_text(%(ids)s)))
