-- The last weeks of releases, in order, numbers alone; `releases` is a list of objects with product and version.
-- optional: week
SELECT h.product, h.version, h.week, h.status, h.on_time, h.p85_on, h.quality, h.features_done, h.features_total, h.points_done,
    h.points_total, h.velocity, h.velocity_needed, h.gates_failing, h.critical_issues, h.risks_open, h.planned_ga
FROM jsonb_to_recordset(%(releases)s::jsonb) AS k (product text, version text)
CROSS JOIN LATERAL (
    SELECT * FROM release_ops.health_report
    WHERE product = k.product AND version = k.version AND week <= coalesce(%(week)s::date, 'infinity')
    ORDER BY week DESC
    LIMIT %(weeks)s
) h
ORDER BY h.product, h.version, h.week
