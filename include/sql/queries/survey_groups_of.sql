-- The groups of a round in their order.
SELECT place, audience, invited FROM release_ops.survey_group WHERE round = %(round)s ORDER BY place
