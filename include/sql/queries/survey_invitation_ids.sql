-- Ids and persons of the invitations of a round, by the id of its links.
SELECT i.id, i.person
FROM release_ops.survey_invitation i
JOIN release_ops.survey_round r USING (round)
WHERE r.id = %(round_id)s
