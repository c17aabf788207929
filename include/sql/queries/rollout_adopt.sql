-- An open rollout goes on in another run.
UPDATE release_ops.rollout SET run_id = %(run_id)s, dag_id = %(dag_id)s WHERE rollout = %(rollout)s AND ended_at IS NULL
