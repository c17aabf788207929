-- How much of each release's scope was done on the days on which somebody looked, until a day; one that is out and has none is done.
SELECT s.version, s.day, s.total, s.done, s.points_total, s.points_done,
    CASE WHEN r.released_at::date <= %(until)s THEN r.released_at::date END AS out_on
FROM release_ops.scope_day s
LEFT JOIN release_ops.release r USING (product, version)
WHERE s.product = %(product)s AND s.day <= %(until)s
UNION ALL
SELECT r.version, r.released_at::date, 1, 1, NULL, NULL, r.released_at::date
FROM release_ops.release r
WHERE r.product = %(product)s AND r.released_at::date <= %(until)s
    AND NOT EXISTS (SELECT FROM release_ops.scope_day s WHERE s.product = r.product AND s.version = r.version)
ORDER BY version, day
