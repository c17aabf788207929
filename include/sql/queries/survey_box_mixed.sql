-- Put back what was sealed anew.
COPY release_ops.survey_sealed (round, is_mixed, sealed) FROM STDIN
