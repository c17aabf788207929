-- Messages that are due and neither sent nor given up, the oldest first.
SELECT * FROM release_ops.stakeholder_message
WHERE state IN ('due', 'held', 'failed') AND due_at <= %(at)s
ORDER BY emergency DESC, due_at, key
