-- Say something of a milestone, whatever its state.
UPDATE release_ops.milestone SET detail = %(detail)s, updated_at = now()
WHERE product = %(product)s AND version = %(version)s AND kind = %(kind)s
