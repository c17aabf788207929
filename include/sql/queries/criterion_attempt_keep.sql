-- Keep the evidence of a run's gate, as it is now, with the evaluation that was decided.
INSERT INTO release_ops.criterion_attempt (run_id, gate, evaluated_at, criterion, title, kind, required, outcome, waived)
SELECT c.run_id, c.gate, a.evaluated_at, c.criterion, c.title, c.kind, c.required, c.outcome, c.waived_by <> ''
FROM release_ops.criterion_result c
JOIN release_ops.gate_attempt a ON a.run_id = c.run_id AND a.gate = c.gate AND a.evaluated_at = %(evaluated_at)s
WHERE c.run_id = %(run_id)s AND c.gate = %(gate)s AND c.criterion = ANY (ARRAY(SELECT jsonb_array_elements_text(%(criteria)s)))
ON CONFLICT (run_id, gate, evaluated_at, criterion) DO UPDATE SET
    title = excluded.title, kind = excluded.kind, required = excluded.required, outcome = excluded.outcome,
    waived = excluded.waived
