-- A percentage that a ramp is about to give a flag.
INSERT INTO release_ops.flag_ramp_step (ramp, place, percent, planned_at, why, effect)
VALUES (%(ramp)s, %(place)s, %(percent)s, %(at)s, %(why)s, %(effect)s)
ON CONFLICT (ramp, place) DO NOTHING
