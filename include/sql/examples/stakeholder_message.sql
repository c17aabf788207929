-- What will be sent to whom in the next two weeks, and what failed?
-- table: stakeholder_message
SELECT due_at, product, version, title, audience, stakeholder, channel_kind, state, why, error
FROM release_metrics.stakeholder_message
WHERE state IN ('due', 'held', 'failed', 'escalated') AND due_at < now() + interval '14 days'
ORDER BY due_at, key
