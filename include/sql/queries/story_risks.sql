-- The risks of one release as last assessed, the open and heavy ones first, with how many there are.
SELECT risk, title, category, probability, impact, score, basis, why, trend, mitigation, owner, state, detail, assessed_on,
    count(*) OVER () AS total
FROM release_metrics.risk
WHERE product = %(product)s AND version = %(version)s AND latest
ORDER BY state <> 'open', score DESC, risk
LIMIT %(limit)s OFFSET %(offset)s
