-- Every evaluation of every gate for a release, in order.
SELECT * FROM release_ops.gate_evaluation
WHERE product = %(product)s AND version = %(version)s
ORDER BY evaluated_at, gate, run_id
