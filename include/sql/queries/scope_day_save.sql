-- Keep how much of a release is planned and done on a day; looked at again on that day, the new look counts.
INSERT INTO release_ops.scope_day AS s
    (product, version, day, total, done, points_total, points_done, unestimated)
VALUES (
    %(product)s, %(version)s, %(day)s, %(total)s, %(done)s, %(points_total)s, %(points_done)s, %(unestimated)s
)
ON CONFLICT (product, version, day) DO UPDATE SET
    total = excluded.total, done = excluded.done, points_total = excluded.points_total,
    points_done = excluded.points_done, unestimated = excluded.unestimated, updated_at = now()
WHERE (s.total, s.done, s.points_total, s.points_done, s.unestimated)
    IS DISTINCT FROM
    (excluded.total, excluded.done, excluded.points_total, excluded.points_done, excluded.unestimated)
