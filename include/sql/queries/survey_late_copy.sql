-- Take in answers of a round that was reported already.
COPY release_ops.survey_late (round, audience, score, comment) FROM STDIN
