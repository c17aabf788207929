-- A run takes an open ramp over from the one that led it.
UPDATE release_ops.flag_ramp SET run_id = %(run_id)s WHERE ramp = %(ramp)s AND ended_at IS NULL
