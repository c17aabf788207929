-- Forget which links of a round were used.
DELETE FROM release_ops.survey_spent WHERE round = %(round)s
