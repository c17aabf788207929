-- The open risks of a release as last assessed, the heaviest first.
SELECT DISTINCT ON (r.risk) r.risk, r.title, a.probability, a.impact, a.trend, a.why, r.mitigation, r.owner
FROM release_ops.risk r
JOIN release_ops.risk_assessment a USING (product, version, risk)
WHERE r.product = %(product)s AND r.version = %(version)s AND r.state = 'open'
ORDER BY r.risk, a.assessed_on DESC
