-- The open rounds, the one that closes first before the others; of one product if given.
-- optional: product
SELECT * FROM release_ops.survey_round WHERE product = coalesce(%(product)s, product) AND state = 'open' ORDER BY closes_at, round
