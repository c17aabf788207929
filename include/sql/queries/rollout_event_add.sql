-- Something happened in a rollout.
INSERT INTO release_ops.rollout_event (rollout, place, at, kind, detail)
SELECT rollout, (SELECT coalesce(max(place), 0) + 1 FROM release_ops.rollout_event WHERE rollout = %(rollout)s),
    %(at)s, %(kind)s, %(detail)s
FROM release_ops.rollout WHERE rollout = %(rollout)s
