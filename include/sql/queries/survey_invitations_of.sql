-- The invitations of a round, in an order that says nothing.
SELECT * FROM release_ops.survey_invitation WHERE round = %(round)s ORDER BY id
