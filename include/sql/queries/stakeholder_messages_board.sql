-- Messages to people: the open ones by their time, then the others, the latest first; with the counts by state of all of them.
-- optional: product, state
SELECT c.*, count(*) OVER () AS total
FROM (
    SELECT m.key, m.product, m.version, m.phase, m.title, m.kind, m.audience, m.stakeholder, coalesce(s.name, '') AS name,
        m.channel_kind, m.emergency, m.first_due_at, m.due_at, m.state, m.why, m.not_before, m.attempts, m.error, m.sent_at,
        m.escalates <> '' AS stands_in, coalesce(e.channel_kind, '') AS escalated_by, coalesce(e.phase, '') AS escalated_phase,
        coalesce(e.state, '') AS escalated_state,
        count(*) FILTER (WHERE m.state = 'due') OVER () AS due, count(*) FILTER (WHERE m.state = 'held') OVER () AS held,
        count(*) FILTER (WHERE m.state = 'failed') OVER () AS failed, count(*) FILTER (WHERE m.state = 'sent') OVER () AS sent,
        count(*) FILTER (WHERE m.state = 'escalated') OVER () AS escalated,
        count(*) FILTER (WHERE m.state = 'lapsed') OVER () AS lapsed,
        count(*) FILTER (WHERE m.state = 'withdrawn') OVER () AS withdrawn
    FROM release_ops.stakeholder_message AS m
    LEFT JOIN LATERAL (
        SELECT name FROM release_ops.stakeholder WHERE id = m.stakeholder AND m.product IN (product, '*') ORDER BY left_at NULLS FIRST LIMIT 1
    ) AS s ON true
    LEFT JOIN release_ops.stakeholder_message AS e ON e.key = nullif(m.escalated_to, '')
    WHERE m.product = coalesce(%(product)s, m.product)
        OR m.product = '*' AND EXISTS (
            SELECT FROM release_ops.stakeholder WHERE product = %(product)s AND id = m.stakeholder
        )
) AS c
WHERE state = coalesce(%(state)s, state)
ORDER BY state NOT IN ('due', 'held', 'failed'),
    CASE WHEN state IN ('due', 'held', 'failed') THEN coalesce(not_before, due_at) END,
    CASE WHEN state NOT IN ('due', 'held', 'failed') THEN coalesce(sent_at, due_at) END DESC, product, version, title, state,
    stakeholder <> '', key
LIMIT %(limit)s OFFSET %(offset)s
