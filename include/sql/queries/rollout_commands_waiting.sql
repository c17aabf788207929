-- Orders to a rollout that nobody has taken yet, in order.
SELECT id, command, by, reason, at FROM release_ops.rollout_command
WHERE rollout = %(rollout)s AND taken_at IS NULL ORDER BY id
