-- The runs that worked on one release, the newest first, with how many there are; without those of hidden milestones.
SELECT run_id, dag_id, kind, planned_at, started_at, finished_at, state, late, reason, started_by, count(*) OVER () AS total
FROM release_ops.milestone_run
WHERE product = %(product)s AND version = %(version)s AND kind NOT IN (SELECT jsonb_array_elements_text(%(hidden)s))
ORDER BY started_at DESC, run_id DESC, dag_id
LIMIT %(limit)s OFFSET %(offset)s
