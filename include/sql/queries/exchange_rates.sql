-- The exchange rates until a day, as they were known at a time.
SELECT base, quote, valid_on, rate
FROM release_ops.exchange_rate
WHERE product = %(product)s AND valid_on <= %(until)s
    AND known_from <= %(at)s AND (known_until IS NULL OR known_until > %(at)s)
ORDER BY base, quote, valid_on
