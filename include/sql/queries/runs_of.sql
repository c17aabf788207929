-- Every run that worked on a release, in order; of one milestone if given.
-- optional: kind
SELECT * FROM release_ops.milestone_run
WHERE product = %(product)s AND version = %(version)s AND kind = coalesce(%(kind)s, kind)
ORDER BY started_at, run_id
