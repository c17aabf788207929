-- A rollout's question waits under this task instance; empty: under none.
UPDATE release_ops.rollout SET asked = %(ti)s WHERE rollout = %(rollout)s
