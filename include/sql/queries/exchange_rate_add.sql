-- Begin what is known of staged rates that are not known so.
INSERT INTO release_ops.exchange_rate (product, base, quote, valid_on, rate, source, known_from)
SELECT %(product)s, s.base, s.quote, s.valid_on, s.rate, %(source)s, %(at)s
FROM exchange_rate_stage s
WHERE NOT EXISTS (
    SELECT FROM release_ops.exchange_rate e
    WHERE e.product = %(product)s AND (e.base, e.quote, e.valid_on) = (s.base, s.quote, s.valid_on) AND e.known_until IS NULL
)
