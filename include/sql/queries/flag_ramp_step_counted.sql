-- What a change does to people, as counted before it is made.
UPDATE release_ops.flag_ramp_step SET gain = %(gain)s, lose = %(lose)s, counted = %(counted)s
WHERE ramp = %(ramp)s AND place = %(place)s AND set_at IS NULL AND counted = ''
