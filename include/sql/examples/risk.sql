-- Which risks are rising?
-- table: risk
SELECT product, version, risk, title, probability, impact, score, why, mitigation, owner
FROM release_metrics.risk
WHERE latest AND trend = 'rising'
ORDER BY score DESC
