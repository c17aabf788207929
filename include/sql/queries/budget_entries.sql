-- What a month is made of: until its end as it was known at one time, what comes later and commitments as at another.
SELECT kind, version, category, item, on_day, amount, currency, quantity, unit, used
FROM release_ops.budget_entry
WHERE product = %(product)s AND CASE
    WHEN kind <> 'commitment' AND on_day <= %(until)s THEN known_from <= %(at)s AND (known_until IS NULL OR known_until > %(at)s)
    ELSE known_from <= %(closed_at)s AND (known_until IS NULL OR known_until > %(closed_at)s)
END
ORDER BY kind, on_day, version, category, item, entry
