-- What a ramp was told and has not heard yet, the first first.
SELECT id, command, by, reason FROM release_ops.flag_ramp_command WHERE ramp = %(ramp)s AND taken_at IS NULL ORDER BY id LIMIT 1
