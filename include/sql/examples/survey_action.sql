-- What is to be done for whom since the last round of each survey?
-- table: survey_action
SELECT DISTINCT ON (product, survey, audience, rule) product, survey, audience, rule, owner, within, action, round(value::numeric, 2) AS value
FROM release_metrics.survey_action
ORDER BY product, survey, audience, rule, closed_on DESC
