-- Write down the conflicts that are new.
INSERT INTO release_ops.conflict (key, kind, severity, accepted, first_product, first_version, first_milestone, first_planned_at, second_product,
    second_version, second_milestone, second_planned_at, subject, message, proposal,
    first_seen, last_seen, news_at)
SELECT key, kind, severity, accepted, first_product, first_version, first_milestone, first_planned_at, second_product,
    second_version, second_milestone, second_planned_at, subject, message, proposal,
    first_seen, last_seen, first_seen
FROM conflict_stage AS s
WHERE NOT EXISTS (SELECT FROM release_ops.conflict AS c WHERE c.key = s.key AND c.resolved_at IS NULL)
