-- Every decided evaluation of every gate for a release, in order; those that were repeated in the same run included.
SELECT run_id, gate, product, version, milestone AS kind, verdict, evaluated_at, commit,
    seats, seats_answered
FROM release_ops.gate_attempt
WHERE product = %(product)s AND version = %(version)s
ORDER BY evaluated_at, gate, run_id
