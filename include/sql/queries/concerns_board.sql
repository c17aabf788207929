-- The concerns that stakeholders raised, without their words: open ones by the time they are due, then the latest answers, with how many there are; of one product if given.
-- optional: product
SELECT c.id, c.product, c.version, c.stakeholder, coalesce(s.name, c.stakeholder) AS name, c.topic, c.received_at, c.due_at, c.owner,
    c.answered_at, c.answered_by, c.reminders, count(*) OVER () AS total,
    count(*) FILTER (WHERE c.answered_at IS NULL) OVER () AS open,
    count(*) FILTER (WHERE c.answered_at <= c.due_at) OVER () AS in_time
FROM release_ops.concern c
LEFT JOIN release_ops.stakeholder s ON s.product = c.product AND s.id = c.stakeholder
WHERE c.product = coalesce(%(product)s, c.product)
ORDER BY c.answered_at IS NOT NULL, CASE WHEN c.answered_at IS NULL THEN c.due_at END, c.answered_at DESC, c.id
LIMIT %(limit)s
