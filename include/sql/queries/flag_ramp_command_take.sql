-- A ramp has heard what it was told.
UPDATE release_ops.flag_ramp_command SET taken_at = %(at)s WHERE id = %(id)s AND taken_at IS NULL
