-- Answers of the closed rounds of a survey; their order says nothing.
SELECT a.round, a.audience, a.score, a.comment, a.wave
FROM release_ops.survey_answer a
JOIN release_ops.survey_round r ON r.round = a.round
WHERE r.product = %(product)s AND r.survey = %(survey)s AND r.state = 'closed'
ORDER BY a.round, a.audience, a.score, a.comment
