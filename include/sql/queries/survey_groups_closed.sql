-- Groups of the closed rounds of a product's surveys, and how many people were asked.
SELECT g.round, g.audience, g.invited
FROM release_ops.survey_group g
JOIN release_ops.survey_round r ON r.round = g.round
WHERE r.product = %(product)s AND r.survey = %(survey)s AND r.state = 'closed'
ORDER BY g.round, g.place
