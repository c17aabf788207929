-- One ramp.
SELECT * FROM release_ops.flag_ramp WHERE ramp = %(ramp)s
