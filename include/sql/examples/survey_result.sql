-- How did each group's score go, and is the change more than chance?
-- table: survey_result
SELECT product, survey, occasion, coalesce(audience, 'everybody') AS audience, answers, round(score::numeric, 2) AS score,
    round(score_low::numeric, 2) AS score_low, round(score_high::numeric, 2) AS score_high, verdict, round(change_p::numeric, 3) AS change_p
FROM release_metrics.survey_result
WHERE state = 'told'
ORDER BY product, survey, closed_on, audience NULLS FIRST
