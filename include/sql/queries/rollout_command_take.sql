-- An order was followed, or refused.
UPDATE release_ops.rollout_command SET taken_at = %(at)s WHERE id = %(order_id)s AND taken_at IS NULL
