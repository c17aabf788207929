-- Make a round for answers from another tool, closed from the start; nothing if it is there.
INSERT INTO release_ops.survey_round (
    round, product, survey, occasion, version, kind, title, source, state, scale_low, scale_high, minimum, key, opened_at, closes_at, closed_at
)
VALUES (
    %(round)s, %(product)s, %(survey)s, %(occasion)s, %(version)s, %(kind)s, %(title)s, 'csv', 'closed', %(scale_low)s, %(scale_high)s,
    %(minimum)s, '', %(opened_at)s, %(closes_at)s, %(closed_at)s
)
ON CONFLICT DO NOTHING
