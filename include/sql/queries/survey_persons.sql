-- Everybody who was ever asked by a product's surveys: names that comments must not tell.
SELECT DISTINCT i.person
FROM release_ops.survey_invitation i
JOIN release_ops.survey_round r ON r.round = i.round
WHERE r.product = %(product)s
ORDER BY i.person
