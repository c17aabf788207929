-- Keep a release's health report of a week; a later one of the same week replaces it.
INSERT INTO release_ops.health_report (
    product, version, week, made_at, status, planned_ga, next_milestone, next_milestone_at, features_total, features_done,
    points_total, points_done, unestimated, item, remaining, velocity, velocity_needed, quality, quality_coverage, path_days,
    path_room, gates_failing, waivers_expiring, critical_issues, on_time, p50_on, p85_on, slipped_days, risks_open,
    highest_risk, support_needed, facts, reasons
)
SELECT
    %(product)s, %(version)s, %(week)s, %(made_at)s, %(status)s, h.planned_ga, h.next_milestone, h.next_milestone_at,
    h.features_total, h.features_done, h.points_total, h.points_done, h.unestimated, h.item, h.remaining, h.velocity,
    h.velocity_needed, h.quality, h.quality_coverage, h.path_days, h.path_room, h.gates_failing, h.waivers_expiring,
    h.critical_issues, h.on_time, h.p50_on, h.p85_on, h.slipped_days, h.risks_open, h.highest_risk, h.support_needed,
    %(facts)s, %(reasons)s
FROM jsonb_populate_record(NULL::release_ops.health_report, %(headline)s) AS h
ON CONFLICT (product, version, week) DO UPDATE SET
    made_at = excluded.made_at,
    status = excluded.status,
    planned_ga = excluded.planned_ga,
    next_milestone = excluded.next_milestone,
    next_milestone_at = excluded.next_milestone_at,
    features_total = excluded.features_total,
    features_done = excluded.features_done,
    points_total = excluded.points_total,
    points_done = excluded.points_done,
    unestimated = excluded.unestimated,
    item = excluded.item,
    remaining = excluded.remaining,
    velocity = excluded.velocity,
    velocity_needed = excluded.velocity_needed,
    quality = excluded.quality,
    quality_coverage = excluded.quality_coverage,
    path_days = excluded.path_days,
    path_room = excluded.path_room,
    gates_failing = excluded.gates_failing,
    waivers_expiring = excluded.waivers_expiring,
    critical_issues = excluded.critical_issues,
    on_time = excluded.on_time,
    p50_on = excluded.p50_on,
    p85_on = excluded.p85_on,
    slipped_days = excluded.slipped_days,
    risks_open = excluded.risks_open,
    highest_risk = excluded.highest_risk,
    support_needed = excluded.support_needed,
    facts = excluded.facts,
    reasons = excluded.reasons
