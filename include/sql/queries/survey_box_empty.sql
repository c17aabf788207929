-- Take everything out of a round's box.
DELETE FROM release_ops.survey_sealed WHERE round = %(round)s RETURNING sealed
