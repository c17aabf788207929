-- Whether an order was written down.
SELECT id FROM release_ops.rollout_command WHERE key = %(key)s
