-- A person tells a ramp something, once per key.
INSERT INTO release_ops.flag_ramp_command (ramp, key, command, by, reason, at)
VALUES (%(ramp)s, %(key)s, %(command)s, %(by)s, %(reason)s, %(at)s)
ON CONFLICT (key) DO NOTHING
