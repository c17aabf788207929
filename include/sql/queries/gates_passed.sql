-- The latest verdict of every gate that was evaluated for a release: pass, conditional or fail.
SELECT DISTINCT ON (gate) gate, verdict, kind, evaluated_at, run_id, commit
FROM release_ops.gate_evaluation
WHERE product = %(product)s AND version = %(version)s
ORDER BY gate, evaluated_at DESC, run_id DESC
