-- Rounds that are open, and those that were skipped since a time; of a product or of all.
-- optional: product
SELECT r.product, r.survey, r.title, r.occasion, r.state, r.reason, r.closes_at, coalesce(sum(g.invited), 0)::integer AS invited
FROM release_ops.survey_round r
LEFT JOIN release_ops.survey_group g ON g.round = r.round
WHERE (r.state = 'open' OR (r.state = 'skipped' AND r.opened_at >= %(since)s))
    AND (%(product)s::text IS NULL OR r.product = %(product)s)
GROUP BY r.round
ORDER BY r.closes_at, r.round
LIMIT 200
