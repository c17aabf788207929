-- People of an open round who have no invitation yet and have not opted out since it was opened.
SELECT i.* FROM release_ops.survey_invitation i
WHERE i.round = %(round)s AND i.invited_at IS NULL
    AND NOT EXISTS (SELECT FROM release_ops.survey_opt_out o WHERE o.person = i.person)
ORDER BY i.id
