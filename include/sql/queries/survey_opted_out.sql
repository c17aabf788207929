-- Persons who want to be asked no more.
SELECT person FROM release_ops.survey_opt_out
