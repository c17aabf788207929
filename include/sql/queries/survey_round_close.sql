-- Close a round.
UPDATE release_ops.survey_round SET state = 'closed', closed_at = %(at)s WHERE round = %(round)s AND state = 'open'
