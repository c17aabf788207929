-- Take in the answers of a round that closes.
COPY release_ops.survey_answer (round, audience, score, comment, wave) FROM STDIN
