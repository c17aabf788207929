-- Keep a gate's verdict for this run; evaluated again, the new one counts.
-- optional: commit
INSERT INTO release_ops.gate_evaluation (run_id, gate, product, version, kind, verdict, evaluated_at, commit)
VALUES (
    %(run_id)s, %(gate)s, %(product)s, %(version)s, %(kind)s, %(verdict)s, %(evaluated_at)s, coalesce(%(commit)s, '')
)
ON CONFLICT (run_id, gate) DO UPDATE SET
    kind = excluded.kind, verdict = excluded.verdict, evaluated_at = excluded.evaluated_at, commit = excluded.commit
