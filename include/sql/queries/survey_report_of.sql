-- The report of a round.
SELECT round, product, survey, closed_on, made_at, revision, facts FROM release_ops.survey_report WHERE round = %(round)s
