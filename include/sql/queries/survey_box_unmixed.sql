-- Take out what has not been sealed anew, and wait for who does the same.
DELETE FROM release_ops.survey_sealed WHERE round = %(round)s AND NOT is_mixed RETURNING sealed
