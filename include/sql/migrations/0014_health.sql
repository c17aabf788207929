-- The weekly health of every active release: one report a week, kept and comparable.

CREATE TABLE release_ops.health_report (
    product text NOT NULL,
    version text NOT NULL,
    week date NOT NULL CHECK (extract(isodow FROM week) = 1),
    made_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('green', 'yellow', 'red', 'unknown')),
    planned_ga date,
    next_milestone text,
    next_milestone_at timestamptz,
    features_total integer,
    features_done integer,
    points_total double precision,
    points_done double precision,
    unestimated integer,
    item text CHECK (item IN ('feature', 'point', 'change')),
    remaining double precision,
    velocity double precision,
    velocity_needed double precision,
    quality double precision CHECK (quality BETWEEN 0 AND 10),
    quality_coverage double precision CHECK (quality_coverage BETWEEN 0 AND 1),
    path_days double precision,
    path_room integer,
    gates_failing integer,
    waivers_expiring integer,
    critical_issues integer,
    on_time double precision CHECK (on_time BETWEEN 0 AND 1),
    p50_on date,
    p85_on date,
    slipped_days integer,
    risks_open integer,
    highest_risk double precision,
    support_needed integer,
    facts jsonb NOT NULL,
    reasons jsonb NOT NULL,
    PRIMARY KEY (product, version, week)
);
CREATE INDEX health_report_by_week ON release_ops.health_report (week);
COMMENT ON TABLE release_ops.health_report IS 'One row per active release and week: how it stood when it was last looked at in that week. facts is the whole report (docs/health.md), reasons the rules behind the status.';

CREATE VIEW release_metrics.health AS
SELECT h.product, h.version, h.week, h.made_at, h.status, before.status AS status_last_week, h.planned_ga, h.next_milestone,
    h.next_milestone_at, h.features_total, h.features_done,
    h.features_done::double precision / nullif(h.features_total, 0) AS features_ratio,
    h.points_total, h.points_done, h.points_done / nullif(h.points_total, 0) AS points_ratio, h.unestimated,
    h.item, h.remaining, h.velocity, h.velocity_needed, h.velocity / nullif(h.velocity_needed, 0) AS velocity_ratio,
    h.quality, h.quality_coverage, h.path_days, h.path_room, h.gates_failing, h.waivers_expiring, h.critical_issues,
    h.on_time, before.on_time AS on_time_last_week, h.p50_on, h.p85_on, before.p85_on AS p85_on_last_week,
    h.p85_on - before.p85_on AS p85_moved_days, h.slipped_days, h.risks_open, h.highest_risk, h.support_needed,
    h.week = max(h.week) OVER (PARTITION BY h.product, h.version) AS latest
FROM release_ops.health_report h
LEFT JOIN release_ops.health_report before
    ON before.product = h.product AND before.version = h.version AND before.week = h.week - 7;
COMMENT ON VIEW release_metrics.health IS 'Grain: one row per active release and week. Key: product, version, week. Fresh: once a week, on Mondays; a second run in a week replaces that week''s row, an ended week stays as it was. The weekly health report in numbers.';
COMMENT ON COLUMN release_metrics.health.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.health.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.health.week IS 'Monday of the week, by the UTC day of made_at.';
COMMENT ON COLUMN release_metrics.health.made_at IS 'When this row was made, UTC; the last time in its week.';
COMMENT ON COLUMN release_metrics.health.status IS 'green, yellow, red, or unknown where too little is known for green; release_metrics.health_reason says why.';
COMMENT ON COLUMN release_metrics.health.status_last_week IS 'status of the week before; null if there is no report of it.';
COMMENT ON COLUMN release_metrics.health.planned_ga IS 'Day of general availability as planned then; null if unplanned.';
COMMENT ON COLUMN release_metrics.health.next_milestone IS 'Kind of the next milestone that was still to come; null if none was.';
COMMENT ON COLUMN release_metrics.health.next_milestone_at IS 'When that milestone was planned for, UTC; null if none was to come.';
COMMENT ON COLUMN release_metrics.health.features_total IS 'Planned features, without those that the freeze took out; null if the scope could not be read.';
COMMENT ON COLUMN release_metrics.health.features_done IS 'Those that were done; null if the scope could not be read.';
COMMENT ON COLUMN release_metrics.health.features_ratio IS 'features_done / features_total, ratio 0..1; null without features.';
COMMENT ON COLUMN release_metrics.health.points_total IS 'Points of the estimated features; null if none is estimated.';
COMMENT ON COLUMN release_metrics.health.points_done IS 'Points of those that were done; null if no feature is estimated.';
COMMENT ON COLUMN release_metrics.health.points_ratio IS 'points_done / points_total, ratio 0..1; null if no feature is estimated.';
COMMENT ON COLUMN release_metrics.health.unestimated IS 'Features without points; null if the scope could not be read.';
COMMENT ON COLUMN release_metrics.health.item IS 'What remaining and both velocities count: feature, point or change; null without a forecast.';
COMMENT ON COLUMN release_metrics.health.remaining IS 'Items that remained to be completed, at most, those of releases that come out earlier included; null without a forecast.';
COMMENT ON COLUMN release_metrics.health.velocity IS 'Items completed per week of five business days (of seven days where the product counts calendar days), mean of the history; null without one.';
COMMENT ON COLUMN release_metrics.health.velocity_needed IS 'Items per week that it took to be done by the day on which the scope is due; null without a forecast, or when that day had come.';
COMMENT ON COLUMN release_metrics.health.velocity_ratio IS 'velocity / velocity_needed, 1 or more is enough; null if either is unknown or nothing is needed.';
COMMENT ON COLUMN release_metrics.health.quality IS 'Quality score 0..10 over the parts that are known; null if none is.';
COMMENT ON COLUMN release_metrics.health.quality_coverage IS 'Share 0..1 of the score''s weights that is known.';
COMMENT ON COLUMN release_metrics.health.path_days IS 'Length of the critical path in business days; null if it is not known.';
COMMENT ON COLUMN release_metrics.health.path_room IS 'Business days that were left for it; null if it is not known.';
COMMENT ON COLUMN release_metrics.health.gates_failing IS 'Gates whose last evaluation failed; null if none was evaluated.';
COMMENT ON COLUMN release_metrics.health.waivers_expiring IS 'Active waivers that end within the policy''s days; 0 if there is none.';
COMMENT ON COLUMN release_metrics.health.critical_issues IS 'Open critical incidents and issues; null if nobody counts them.';
COMMENT ON COLUMN release_metrics.health.on_time IS 'Chance 0..1 that GA is on its planned day; null without a forecast.';
COMMENT ON COLUMN release_metrics.health.on_time_last_week IS 'on_time of the week before; null if it is not known.';
COMMENT ON COLUMN release_metrics.health.p50_on IS 'Day by which GA is reached with a chance of 50 %; null if none can be told.';
COMMENT ON COLUMN release_metrics.health.p85_on IS 'Day by which GA is reached with a chance of 85 %; null if none can be told.';
COMMENT ON COLUMN release_metrics.health.p85_on_last_week IS 'p85_on of the week before; null if it is not known.';
COMMENT ON COLUMN release_metrics.health.p85_moved_days IS 'p85_on minus p85_on_last_week in days, negative if it came nearer; null if either is not known.';
COMMENT ON COLUMN release_metrics.health.slipped_days IS 'planned_ga minus its first plan in days; null if nobody has recorded a plan.';
COMMENT ON COLUMN release_metrics.health.risks_open IS 'Open risks of the register; null if they were never assessed.';
COMMENT ON COLUMN release_metrics.health.highest_risk IS 'Highest score (probability x impact, 0..5) of the open risks; null if there is none.';
COMMENT ON COLUMN release_metrics.health.support_needed IS 'What waited for somebody: blocked or overdue milestones, approvals, deadlines; null if it is not known.';
COMMENT ON COLUMN release_metrics.health.latest IS 'True for the last report of this release.';

COMMENT ON COLUMN release_metrics.message.product IS 'Id of the product; * where the message is about releases of several products.';

CREATE VIEW release_metrics.health_reason AS
SELECT h.product, h.version, h.week, r.place, r.reason ->> 'measure' AS measure, r.reason ->> 'status' AS status,
    (r.reason ->> 'value')::double precision AS value, (r.reason ->> 'threshold')::double precision AS threshold,
    r.reason ->> 'unit' AS unit, r.reason ->> 'words' AS words, nullif(r.reason ->> 'remedy', '') AS remedy
FROM release_ops.health_report h
CROSS JOIN LATERAL jsonb_array_elements(h.reasons) WITH ORDINALITY AS r (reason, place);
COMMENT ON VIEW release_metrics.health_reason IS 'Grain: one row per rule of a report, worst first. Key: product, version, week, measure. Fresh: with release_metrics.health. What each measure said and which threshold it was held to.';
COMMENT ON COLUMN release_metrics.health_reason.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.health_reason.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.health_reason.week IS 'Monday of the week.';
COMMENT ON COLUMN release_metrics.health_reason.place IS 'Place in the report, from 1: red, then yellow, unknown, green.';
COMMENT ON COLUMN release_metrics.health_reason.measure IS 'What was measured, such as on_time, velocity, quality, critical_path, gates.';
COMMENT ON COLUMN release_metrics.health_reason.status IS 'What this measure says alone: green, yellow, red or unknown.';
COMMENT ON COLUMN release_metrics.health_reason.value IS 'Value of the measure in unit; null if it is not known.';
COMMENT ON COLUMN release_metrics.health_reason.threshold IS 'Threshold that decided: the one that was crossed, else the nearest one that was not; null if it is not known.';
COMMENT ON COLUMN release_metrics.health_reason.unit IS 'ratio (0..1), days, points (of 10), score (0..5) or count.';
COMMENT ON COLUMN release_metrics.health_reason.words IS 'The measure in a sentence; may hold text from outside.';
COMMENT ON COLUMN release_metrics.health_reason.remedy IS 'What would make an unknown measure known; null if it is known.';
