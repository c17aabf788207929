-- A run takes an open ramp over from the one that led it, which sees that and ends.
UPDATE release_ops.flag_ramp SET run_id = %(run_id)s, revision = revision + 1
WHERE ramp = %(ramp)s AND ended_at IS NULL AND run_id <> %(run_id)s
