-- The report of a survey's round of an occasion, or its last one, with the occasions before and after it.
-- optional: occasion
WITH course AS (
    SELECT p.round, p.product, p.survey, p.closed_on, p.made_at, p.revision, p.facts, r.occasion,
        lag(r.occasion) OVER course AS occasion_before, lead(r.occasion) OVER course AS occasion_after
    FROM release_ops.survey_report p
    JOIN release_ops.survey_round r ON r.round = p.round
    WHERE p.product = %(product)s AND p.survey = %(survey)s
    WINDOW course AS (ORDER BY p.closed_on, p.round)
)
SELECT * FROM course
WHERE occasion = %(occasion)s OR (%(occasion)s::text IS NULL AND occasion_after IS NULL)
