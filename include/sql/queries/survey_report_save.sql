-- Keep the report of a round; a later one replaces it and counts its revision up.
INSERT INTO release_ops.survey_report (round, product, survey, closed_on, made_at, revision, facts, told)
VALUES (%(round)s, %(product)s, %(survey)s, %(closed_on)s, %(made_at)s, 1, %(facts)s, %(told)s)
ON CONFLICT (round) DO UPDATE SET made_at = excluded.made_at, revision = survey_report.revision + 1, facts = excluded.facts, told = excluded.told
RETURNING revision
