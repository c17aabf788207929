-- The last assessment before a day of every risk of a release, with what became of the risk.
SELECT DISTINCT ON (a.risk) a.risk, a.assessed_on, a.probability, a.impact, r.state, r.detail
FROM release_ops.risk_assessment a
JOIN release_ops.risk r USING (product, version, risk)
WHERE a.product = %(product)s AND a.version = %(version)s AND a.assessed_on < %(day)s
ORDER BY a.risk, a.assessed_on DESC
