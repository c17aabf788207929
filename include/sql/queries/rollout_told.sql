-- Events of a rollout up to this place are recorded and announced.
UPDATE release_ops.rollout SET told = %(place)s WHERE rollout = %(rollout)s AND told < %(place)s
