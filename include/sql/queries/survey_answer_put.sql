-- Spend a link and put its sealed answer into the box of its round, both or neither; says whether the round is open and the answer new.
WITH open_round AS (
    -- Closing takes the row for itself, so an answer is in the box before it is emptied, or comes too late.
    SELECT round FROM release_ops.survey_round WHERE id = %(id)s AND state = 'open' AND closes_at > %(now)s FOR KEY SHARE
), spent AS (
    INSERT INTO release_ops.survey_spent (round, token, form)
    SELECT round, %(token)s, %(form)s FROM open_round
    ON CONFLICT DO NOTHING
    RETURNING round
), put AS (
    INSERT INTO release_ops.survey_sealed (round, sealed) SELECT round, %(sealed)s FROM spent RETURNING round
)
SELECT EXISTS (SELECT FROM open_round) AS is_open, EXISTS (SELECT FROM put) AS is_new
