-- Bring a rollout to its next state, unless somebody else did so since it was read.
-- optional: started_at, ended_at
UPDATE release_ops.rollout SET
    state = %(state)s, weight = %(weight)s, step = %(step)s, detail = %(detail)s, progress = %(progress)s,
    started_at = coalesce(started_at, %(started_at)s), ended_at = %(ended_at)s, revision = revision + 1
WHERE rollout = %(rollout)s AND revision = %(revision)s
