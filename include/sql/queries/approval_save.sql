-- Keep the answer to one seat of a run.
-- optional: user_id, reason, answered_at, ticked, asked_at
INSERT INTO release_ops.approval
    (run_id, seat, product, version, gate, role, user_id, approved, reason, answered_at, ticked, asked_at)
VALUES (
    %(run_id)s, %(seat)s, %(product)s, %(version)s, %(gate)s, %(role)s, %(user_id)s, %(approved)s,
    coalesce(%(reason)s, ''), %(answered_at)s, coalesce(%(ticked)s, '[]'::jsonb), %(asked_at)s
)
ON CONFLICT (run_id, seat) DO UPDATE SET
    gate = excluded.gate, role = excluded.role, user_id = excluded.user_id, approved = excluded.approved,
    reason = excluded.reason, answered_at = excluded.answered_at, ticked = excluded.ticked,
    asked_at = excluded.asked_at
