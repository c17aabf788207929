-- Take the late answers of a group into the scores of its round.
WITH taken AS (DELETE FROM release_ops.survey_late WHERE round = %(round)s AND audience = %(audience)s RETURNING round, audience, score, comment)
INSERT INTO release_ops.survey_answer (round, audience, score, comment)
SELECT round, audience, score, comment FROM taken ORDER BY random()
