-- Releases that are not out, or were reported on since a day, each with its last health report, that of the week before and the course of the last weeks; worst first.
-- optional: product, status
SELECT c.*, count(*) OVER () AS total
FROM (
    SELECT b.*, count(*) FILTER (WHERE status = 'red') OVER () AS red, count(*) FILTER (WHERE status = 'yellow') OVER () AS yellow,
        count(*) FILTER (WHERE status = 'unknown') OVER () AS unknown, count(*) FILTER (WHERE status = 'green') OVER () AS green
    FROM (
        SELECT r.product, r.version, r.type, r.theme, r.state, coalesce(h.planned_ga, r.planned_ga) AS planned_ga,
            coalesce(h.status, 'unknown') AS status, h.week, h.made_at, h.next_milestone, h.next_milestone_at, h.features_total,
            h.features_done, h.points_total, h.points_done, h.item, h.remaining, h.velocity, h.velocity_needed, h.quality,
            h.quality_coverage, h.gates_failing, h.critical_issues, h.on_time, h.p50_on, h.p85_on, h.risks_open, h.support_needed,
            coalesce(h.reasons, '[]') AS reasons, p.status AS status_last_week, p.on_time AS on_time_last_week,
            p.p85_on AS p85_on_last_week, p.quality AS quality_last_week, p.features_done AS features_done_last_week
        FROM release_ops.release r
        LEFT JOIN LATERAL (
            SELECT * FROM release_ops.health_report
            WHERE product = r.product AND version = r.version
            ORDER BY week DESC
            LIMIT 1
        ) h ON true
        LEFT JOIN release_ops.health_report p ON p.product = r.product AND p.version = r.version AND p.week = h.week - 7
        WHERE (r.state IN ('planned', 'in_progress', 'frozen') OR r.state = 'released' AND h.week >= %(since)s)
            AND r.product = coalesce(%(product)s, r.product)
    ) b
) c
WHERE status = coalesce(%(status)s, status)
ORDER BY array_position(ARRAY['red', 'yellow', 'unknown', 'green'], status), on_time NULLS FIRST, planned_ga NULLS LAST, product, version
LIMIT %(limit)s OFFSET %(offset)s
