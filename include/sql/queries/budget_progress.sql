-- How much of each release's scope was done on the days on which somebody looked, until a day; one that is out and has none is done.
SELECT version, day, total, done, points_total, points_done
FROM release_ops.scope_day
WHERE product = %(product)s AND day <= %(until)s
UNION ALL
SELECT r.version, r.released_at::date, 1, 1, NULL, NULL
FROM release_ops.release r
WHERE r.product = %(product)s AND r.released_at::date <= %(until)s
    AND NOT EXISTS (SELECT FROM release_ops.scope_day s WHERE s.product = r.product AND s.version = r.version)
ORDER BY version, day
