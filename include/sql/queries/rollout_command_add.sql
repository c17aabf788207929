-- A person told a rollout something; the same key again is the same order.
INSERT INTO release_ops.rollout_command (rollout, key, command, by, reason, at)
SELECT rollout, %(key)s, %(command)s, %(by)s, %(reason)s, %(at)s FROM release_ops.rollout WHERE rollout = %(rollout)s
ON CONFLICT (key) DO NOTHING
