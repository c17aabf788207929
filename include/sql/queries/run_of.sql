-- One run of one DAG.
SELECT * FROM release_ops.milestone_run WHERE run_id = %(run_id)s AND dag_id = %(dag_id)s
