-- One rollout.
SELECT * FROM release_ops.rollout WHERE rollout = %(rollout)s
