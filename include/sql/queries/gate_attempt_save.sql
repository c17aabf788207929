-- Keep an evaluation of a gate with the decision that it led to; decided again, the last decision counts.
-- optional: commit, asked_at, answered_at
INSERT INTO release_ops.gate_attempt (
    run_id, gate, evaluated_at, product, version, milestone, verdict, commit, asked_at, answered_at, seats, seats_answered,
    decided_at, proceeded
)
VALUES (
    %(run_id)s, %(gate)s, %(evaluated_at)s, %(product)s, %(version)s, %(kind)s, %(verdict)s, coalesce(%(commit)s, ''),
    %(asked_at)s, %(answered_at)s, %(seats)s, %(seats_answered)s, %(decided_at)s, %(proceeded)s
)
ON CONFLICT (run_id, gate, evaluated_at) DO UPDATE SET
    verdict = excluded.verdict, commit = excluded.commit, asked_at = excluded.asked_at,
    answered_at = excluded.answered_at, seats = excluded.seats, seats_answered = excluded.seats_answered,
    decided_at = excluded.decided_at, proceeded = excluded.proceeded
