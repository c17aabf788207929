-- What the page of a link needs of its round, and the form that the link was used with; null: it was not used.
SELECT r.round, r.id, r.kind, r.title, r.state, r.scale_low, r.scale_high, r.texts, r.closes_at, r.reminded_at,
    (SELECT s.form FROM release_ops.survey_spent s WHERE s.round = r.round AND s.token = %(token)s) AS form
FROM release_ops.survey_round r
WHERE r.id = %(id)s AND r.source = 'page'
