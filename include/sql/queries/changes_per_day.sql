-- Changes of a product per day of their first copy, from a day on; reverted ones are none.
SELECT day, count(*) AS completed
FROM (
    SELECT (min(committed_at) AT TIME ZONE %(zone)s)::date AS day
    FROM release_ops.change_log
    WHERE product = %(product)s AND told AND committed_at IS NOT NULL AND reverted_by IS NULL
    GROUP BY change
) changes
WHERE day >= %(since)s
GROUP BY day
ORDER BY day
