-- Close the open risks of a release that its register no longer has.
UPDATE release_ops.risk SET state = 'closed', detail = 'is no longer looked for', state_at = %(at)s
WHERE product = %(product)s AND version = %(version)s AND state = 'open'
    AND risk NOT IN (SELECT jsonb_array_elements_text(%(risks)s))
