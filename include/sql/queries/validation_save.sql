-- What one look at an item of a validation list said; the last one stands.
INSERT INTO release_ops.validation (
    rollout, item, product, version, environment, phase, title, kind, critical, due_at, outcome, checked_at, attempts, observed,
    expected, detail, answered_by, run_id
)
VALUES (
    %(rollout)s, %(item)s, %(product)s, %(version)s, %(environment)s, %(phase)s, %(title)s, %(kind)s, %(critical)s, %(due_at)s,
    %(outcome)s, %(checked_at)s, %(attempts)s, %(observed)s, %(expected)s, %(detail)s, %(answered_by)s, %(run_id)s
)
ON CONFLICT (rollout, item) DO UPDATE SET
    title = excluded.title, kind = excluded.kind, critical = excluded.critical, due_at = excluded.due_at,
    outcome = excluded.outcome, checked_at = excluded.checked_at, attempts = excluded.attempts, observed = excluded.observed,
    expected = excluded.expected, detail = excluded.detail, answered_by = excluded.answered_by, run_id = excluded.run_id
