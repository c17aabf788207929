-- The answers for one release, in order; of one run if given.
-- optional: run_id
SELECT * FROM release_ops.approval
WHERE product = %(product)s AND version = %(version)s AND run_id = coalesce(%(run_id)s, run_id)
ORDER BY answered_at NULLS LAST, run_id, seat
