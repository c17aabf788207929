-- Marks of answers that are new to a round, noted from now on.
INSERT INTO release_ops.survey_imported (round, mark)
SELECT %(round)s, decode(one, 'hex') FROM jsonb_array_elements_text(%(marks)s) AS one
ON CONFLICT DO NOTHING
RETURNING encode(mark, 'hex') AS mark
