-- End what is known of rates that their source has otherwise now, or does not have any more.
UPDATE release_ops.exchange_rate e SET known_until = %(at)s
WHERE e.product = %(product)s AND e.known_until IS NULL AND (
    NOT EXISTS (
        SELECT FROM exchange_rate_stage s WHERE (s.base, s.quote, s.valid_on) = (e.base, e.quote, e.valid_on)
    )
    OR EXISTS (
        SELECT FROM exchange_rate_stage s
        WHERE (s.base, s.quote, s.valid_on) = (e.base, e.quote, e.valid_on)
            AND (s.rate, %(source)s) IS DISTINCT FROM (e.rate, e.source)
    )
)
