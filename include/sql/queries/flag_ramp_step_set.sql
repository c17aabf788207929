-- The engine has a percentage.
UPDATE release_ops.flag_ramp_step SET set_at = coalesce(set_at, %(at)s) WHERE ramp = %(ramp)s AND place = %(place)s
