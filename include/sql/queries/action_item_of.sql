-- One action item.
SELECT * FROM release_ops.action_item WHERE product = %(product)s AND version = %(version)s AND id = %(id)s
