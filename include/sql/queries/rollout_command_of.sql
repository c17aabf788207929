-- The order that was written under a key.
SELECT rollout, command, by, reason, at, taken_at FROM release_ops.rollout_command WHERE key = %(key)s
