-- What happened in a rollout, in order.
SELECT place, at, kind, detail FROM release_ops.rollout_event WHERE rollout = %(rollout)s ORDER BY place
