-- The time from which on something new is known: now, or a moment after what was written last, whatever the clocks say.
SELECT greatest(%(now)s, max(known) + interval '1 microsecond') AS at
FROM (
    SELECT greatest(known_from, known_until) AS known FROM release_ops.budget_entry WHERE product = %(product)s
    UNION ALL
    SELECT greatest(known_from, known_until) FROM release_ops.exchange_rate WHERE product = %(product)s
    UNION ALL
    SELECT closed_at FROM release_ops.budget_close WHERE product = %(product)s
) k
