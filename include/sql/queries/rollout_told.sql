-- Events of a rollout up to this place are recorded and announced.
UPDATE release_ops.rollout SET told = %(upto)s WHERE rollout = %(rollout)s AND told < %(upto)s
