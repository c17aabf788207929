-- The runs that worked on one release, those of the last milestone first, with how many there are; without those of hidden milestones.
SELECT run_id, dag_id, kind, planned_at, started_at, finished_at, state, late, reason, started_by, count(*) OVER () AS total
FROM release_ops.milestone_run
WHERE product = %(product)s AND version = %(version)s AND kind NOT IN (SELECT jsonb_array_elements_text(%(hidden)s))
-- Runs that make up for lost time start together, in no order that means anything: the date that each is for has one.
ORDER BY coalesce(planned_at, started_at) DESC, started_at DESC, run_id DESC, dag_id
LIMIT %(limit)s OFFSET %(offset)s
