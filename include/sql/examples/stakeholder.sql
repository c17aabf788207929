-- Who has to be managed closely, and have they heard from us within their cadence?
-- table: stakeholder
SELECT s.product, s.stakeholder, s.type, s.cadence, max(m.sent_at) AS last_heard_at
FROM release_metrics.stakeholder s
LEFT JOIN release_metrics.stakeholder_message m USING (stakeholder)
WHERE s.strategy = 'manage_closely' AND s.left_at IS NULL
GROUP BY s.product, s.stakeholder, s.type, s.cadence
ORDER BY last_heard_at NULLS FIRST, s.product, s.stakeholder
