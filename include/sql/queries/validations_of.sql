-- What the looks at the items of a rollout's validation lists said.
SELECT item, phase, title, kind, critical, due_at, outcome, checked_at, attempts, observed, expected, detail, answered_by
FROM release_ops.validation
WHERE rollout = %(rollout)s
ORDER BY due_at, item
