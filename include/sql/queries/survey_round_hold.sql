-- The round if it is open, held until the transaction ends: nobody puts an answer into its box meanwhile.
SELECT * FROM release_ops.survey_round WHERE round = %(round)s AND state = 'open' FOR UPDATE
