-- What the ramps of a flag gave it, the oldest first, with what the analyses said.
SELECT r.environment, r.attempt, s.place, s.percent, s.set_at, s.why, s.gain, s.lose, s.verdict, s.verdict_at, s.message
FROM release_ops.flag_ramp_step s
JOIN release_ops.flag_ramp r USING (ramp)
WHERE r.product = %(product)s AND r.flag = %(flag)s AND s.set_at IS NOT NULL
ORDER BY s.set_at, r.ramp, s.place
