-- The last score that a survey of satisfaction (csat) tells of each of some teams, on its scale of 1 to 5.
SELECT DISTINCT ON (audience) audience AS team, mean AS score
FROM release_metrics.survey_result
WHERE kind = 'csat' AND mean BETWEEN 1 AND 5 AND audience IN (SELECT jsonb_array_elements_text(%(teams)s))
ORDER BY audience, closed_on DESC
