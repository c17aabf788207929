-- One health report of a release, the last one if no week is given, with the weeks before and after it.
-- optional: week
SELECT h.*, p.status AS status_last_week, p.on_time AS on_time_last_week, p.p85_on AS p85_on_last_week, p.quality AS quality_last_week,
    p.features_done AS features_done_last_week, p.points_done AS points_done_last_week,
    (SELECT max(week) FROM release_ops.health_report WHERE product = h.product AND version = h.version AND week < h.week) AS week_before,
    (SELECT min(week) FROM release_ops.health_report WHERE product = h.product AND version = h.version AND week > h.week) AS week_after
FROM release_ops.health_report h
LEFT JOIN release_ops.health_report p ON p.product = h.product AND p.version = h.version AND p.week = h.week - 7
WHERE h.product = %(product)s AND h.version = %(version)s AND h.week = coalesce(%(week)s::date, h.week)
ORDER BY h.week DESC
LIMIT 1
