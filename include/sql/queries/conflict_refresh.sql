-- Bring the open conflicts that are still there up to date; one that became an error, or is accepted no more, is news again.
UPDATE release_ops.conflict AS c SET
    last_seen = greatest(c.last_seen, s.last_seen), kind = s.kind, severity = s.severity, accepted = s.accepted,
    first_planned_at = s.first_planned_at, second_planned_at = s.second_planned_at,
    subject = s.subject, message = s.message, proposal = s.proposal,
    told_at = CASE
        WHEN c.severity = 'warning' AND s.severity = 'error' OR c.accepted <> '' AND s.accepted = '' THEN NULL
        ELSE c.told_at
    END,
    news_at = CASE
        WHEN c.severity = 'warning' AND s.severity = 'error' OR c.accepted <> '' AND s.accepted = '' THEN s.last_seen
        ELSE c.news_at
    END
FROM conflict_stage AS s
WHERE c.key = s.key AND c.resolved_at IS NULL
