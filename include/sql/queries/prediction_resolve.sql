-- Add what came of a prediction, once; what was found first stays.
-- optional: occurred, actual_on, actual
UPDATE release_ops.prediction SET
    occurred = %(occurred)s, actual_on = %(actual_on)s, actual = %(actual)s, resolved_at = %(now)s
WHERE product = %(product)s AND version = %(version)s AND kind = %(kind)s AND subject = %(subject)s
    AND made_on = %(made_on)s AND resolved_at IS NULL
