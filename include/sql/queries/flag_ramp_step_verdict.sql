-- What the analyses of a step said; the last word counts.
UPDATE release_ops.flag_ramp_step SET verdict = %(verdict)s, verdict_at = %(at)s, message = %(message)s
WHERE ramp = %(ramp)s AND place = %(place)s AND (verdict, message) IS DISTINCT FROM (%(verdict)s, %(message)s)
