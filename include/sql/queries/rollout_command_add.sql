-- A person told a rollout something; the same key again is the same order.
INSERT INTO release_ops.rollout_command (rollout, key, command, by, reason, at)
VALUES (%(rollout)s, %(key)s, %(command)s, %(by)s, %(reason)s, %(at)s)
ON CONFLICT (key) DO NOTHING
