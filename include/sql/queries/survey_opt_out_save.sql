-- Note that a person wants to be asked no more; the first day stays.
INSERT INTO release_ops.survey_opt_out (person, on_day) VALUES (%(person)s, %(on_day)s) ON CONFLICT (person) DO NOTHING
