-- The evidence of one gate in one run, required criteria first.
SELECT * FROM release_ops.criterion_result
WHERE run_id = %(run_id)s AND gate = %(gate)s
ORDER BY required DESC, criterion
