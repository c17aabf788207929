-- The last report of every survey, or of those of one product.
-- optional: product
SELECT DISTINCT ON (p.product, p.survey) p.round, p.product, p.survey, p.closed_on, p.made_at, p.revision, p.facts
FROM release_ops.survey_report p
WHERE %(product)s::text IS NULL OR p.product = %(product)s
ORDER BY p.product, p.survey, p.closed_on DESC, p.round DESC
