-- Write a prediction down; the first of a day stays as it was said.
-- optional: expected_on
INSERT INTO release_ops.prediction
    (product, version, kind, subject, made_on, made_at, probability, expected_on, expected, basis)
VALUES (
    %(product)s, %(version)s, %(kind)s, %(subject)s, (%(made_at)s::timestamptz AT TIME ZONE 'UTC')::date, %(made_at)s,
    %(probability)s, %(expected_on)s, %(expected)s, %(basis)s
)
ON CONFLICT (product, version, kind, subject, made_on) DO NOTHING
