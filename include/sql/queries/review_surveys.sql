-- Results of the surveys about one release, as they may be told: everybody together and each group.
SELECT survey, round, title, kind, audience, state, invited, answers, response_rate, score, score_low, score_high, change, verdict, closed_on
FROM release_metrics.survey_result
WHERE product = %(product)s AND version = %(version)s
ORDER BY closed_on, survey, audience NULLS FIRST
