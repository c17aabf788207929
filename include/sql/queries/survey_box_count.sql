-- How many answers are in the box of a round.
SELECT count(*) AS answers FROM release_ops.survey_sealed WHERE round = %(round)s
