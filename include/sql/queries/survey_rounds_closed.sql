-- The closed rounds of a product's surveys with their reports, the earliest first.
SELECT r.round, r.product, r.survey, r.occasion, r.version, r.kind, r.title, r.source, r.scale_low, r.scale_high, r.minimum, r.people, r.resting,
    r.opted_out, r.opened_at, r.closes_at, r.closed_at, p.revision, p.told, p.facts
FROM release_ops.survey_round r
LEFT JOIN release_ops.survey_report p ON p.round = r.round
WHERE r.product = %(product)s AND r.state = 'closed'
ORDER BY r.survey, r.closed_at, r.round
