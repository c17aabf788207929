-- Begin a round, or note why nobody is asked; one that was skipped may be begun later, any other stays as it is.
-- optional: remind_at
INSERT INTO release_ops.survey_round (
    round, product, survey, occasion, version, kind, title, source, state, reason, scale_low, scale_high, minimum, people,
    resting, opted_out, texts, key, opened_at, remind_at, closes_at
)
VALUES (
    %(round)s, %(product)s, %(survey)s, %(occasion)s, %(version)s, %(kind)s, %(title)s, 'page', %(state)s, %(reason)s,
    %(scale_low)s, %(scale_high)s, %(minimum)s, %(people)s, %(resting)s, %(opted_out)s, %(texts)s, %(key)s, %(opened_at)s,
    %(remind_at)s, %(closes_at)s
)
ON CONFLICT (round) DO UPDATE SET
    title = excluded.title, kind = excluded.kind, state = excluded.state, reason = excluded.reason,
    scale_low = excluded.scale_low, scale_high = excluded.scale_high, minimum = excluded.minimum, people = excluded.people,
    resting = excluded.resting, opted_out = excluded.opted_out, texts = excluded.texts, key = excluded.key,
    opened_at = excluded.opened_at, remind_at = excluded.remind_at, closes_at = excluded.closes_at
WHERE survey_round.state = 'skipped' AND survey_round.source = 'page'
