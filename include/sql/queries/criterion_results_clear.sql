-- Forget the evidence of an earlier evaluation of this gate in this run, before the new one is kept.
DELETE FROM release_ops.criterion_result WHERE run_id = %(run_id)s AND gate = %(gate)s
