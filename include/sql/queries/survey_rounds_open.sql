-- The open rounds of a product, the one that closes first before the others.
SELECT * FROM release_ops.survey_round WHERE product = %(product)s AND state = 'open' ORDER BY closes_at, round
