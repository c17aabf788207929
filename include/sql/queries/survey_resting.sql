-- Persons who were invited by any survey since a time, or are about to be.
SELECT DISTINCT i.person
FROM release_ops.survey_invitation i
JOIN release_ops.survey_round r USING (round)
WHERE coalesce(i.invited_at, r.opened_at) > %(since)s
