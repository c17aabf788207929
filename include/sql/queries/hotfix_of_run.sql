-- The hotfix that a run is about.
SELECT * FROM release_ops.hotfix WHERE run_id = %(run_id)s AND dag_id = %(dag_id)s
