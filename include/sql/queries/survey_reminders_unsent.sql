-- People of an open round who were invited before a time, were not reminded, and have not opted out since.
SELECT i.* FROM release_ops.survey_invitation i
WHERE i.round = %(round)s AND i.invited_at <= %(before)s AND i.reminded_at IS NULL
    AND NOT EXISTS (SELECT FROM release_ops.survey_opt_out o WHERE o.person = i.person)
ORDER BY i.id
