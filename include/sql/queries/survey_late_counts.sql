-- How many answers of a survey's rounds came too late and are in no score.
SELECT l.round, l.audience, count(*) AS answers
FROM release_ops.survey_late l
JOIN release_ops.survey_round r ON r.round = l.round
WHERE r.product = %(product)s AND r.survey = %(survey)s
GROUP BY l.round, l.audience
ORDER BY l.round, l.audience
