-- Take in the invitations of a round.
COPY release_ops.survey_invitation (round, person, channel, address, audience, place, language) FROM STDIN
