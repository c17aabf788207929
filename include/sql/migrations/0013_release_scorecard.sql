-- Scorecards of releases and how dates and gates held: what a product is held to, every decided evaluation of a gate, and
-- the views that data teams read.

CREATE TABLE release_ops.product_target (
    product text PRIMARY KEY,
    profile text NOT NULL DEFAULT '',
    timezone text NOT NULL DEFAULT 'UTC',
    production text NOT NULL DEFAULT 'production',
    deployment_success numeric CHECK (deployment_success BETWEEN 0 AND 1),
    freeze_to_production interval CHECK (freeze_to_production > interval '0'),
    critical_issues numeric CHECK (critical_issues >= 0),
    recovery interval CHECK (recovery > interval '0'),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE release_ops.product_target IS 'One row per product: what its figures are held to, as the product file says it.';
COMMENT ON COLUMN release_ops.product_target.product IS 'Id of the product.';
COMMENT ON COLUMN release_ops.product_target.profile IS 'Profile of the product file that the targets come from, such as standard or strict; empty without one.';
COMMENT ON COLUMN release_ops.product_target.timezone IS 'Zone in which days of the product are counted; UTC where the database does not know the product''s.';
COMMENT ON COLUMN release_ops.product_target.production IS 'Environment that stands for users.';
COMMENT ON COLUMN release_ops.product_target.deployment_success IS 'Share of a release''s production deployments that succeed and are not rolled back, at least, ratio 0..1; null: held to nothing.';
COMMENT ON COLUMN release_ops.product_target.freeze_to_production IS 'Time from freeze to production, less than, interval; null: held to nothing.';
COMMENT ON COLUMN release_ops.product_target.critical_issues IS 'Critical issues in the 48 hours after GA, fewer than, on average over releases; null: held to nothing.';
COMMENT ON COLUMN release_ops.product_target.recovery IS 'Time from a failed deployment to users being well again, less than, interval; null: held to nothing.';
COMMENT ON COLUMN release_ops.product_target.updated_at IS 'When this row last changed, UTC.';

-- A run that is cleared evaluates its gate again and overwrites gate_evaluation: what was decided before is kept here.
CREATE TABLE release_ops.gate_attempt (
    run_id text NOT NULL,
    gate text NOT NULL,
    evaluated_at timestamptz NOT NULL,
    product text NOT NULL,
    version text NOT NULL,
    milestone text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('pass', 'conditional', 'fail')),
    commit text NOT NULL DEFAULT '',
    asked_at timestamptz,
    answered_at timestamptz,
    seats integer CHECK (seats >= 0),
    seats_answered integer CHECK (seats_answered BETWEEN 0 AND seats),
    decided_at timestamptz NOT NULL,
    proceeded boolean,
    PRIMARY KEY (run_id, gate, evaluated_at),
    CHECK (decided_at >= evaluated_at)
);
CREATE INDEX gate_attempt_by_release ON release_ops.gate_attempt (product, version, gate, evaluated_at);
COMMENT ON TABLE release_ops.gate_attempt IS 'One row per evaluation of a gate that led to a decision, those that were repeated in the same run included.';
COMMENT ON COLUMN release_ops.gate_attempt.run_id IS 'Airflow run id of the milestone run.';
COMMENT ON COLUMN release_ops.gate_attempt.gate IS 'Name of the gate in the product file.';
COMMENT ON COLUMN release_ops.gate_attempt.evaluated_at IS 'When its evidence was collected, UTC.';
COMMENT ON COLUMN release_ops.gate_attempt.product IS 'Id of the product.';
COMMENT ON COLUMN release_ops.gate_attempt.version IS 'Version of the release.';
COMMENT ON COLUMN release_ops.gate_attempt.milestone IS 'Kind of the milestone that the gate guards.';
COMMENT ON COLUMN release_ops.gate_attempt.verdict IS 'pass, conditional (passed with waivers or optional misses) or fail; ticks and waivers of the approvers included.';
COMMENT ON COLUMN release_ops.gate_attempt.commit IS 'Commit that was judged; empty if none.';
COMMENT ON COLUMN release_ops.gate_attempt.asked_at IS 'When people were asked to approve, UTC; null: nobody was asked, or it was not written down.';
COMMENT ON COLUMN release_ops.gate_attempt.answered_at IS 'When the last of them answered, UTC; null: nobody did.';
COMMENT ON COLUMN release_ops.gate_attempt.seats IS 'Seats that were asked; 0: none was needed, or asking was pointless. Null: it was not written down.';
COMMENT ON COLUMN release_ops.gate_attempt.seats_answered IS 'Seats that somebody answered in time. Null: it was not written down.';
COMMENT ON COLUMN release_ops.gate_attempt.decided_at IS 'When it was decided, UTC.';
COMMENT ON COLUMN release_ops.gate_attempt.proceeded IS 'True if the milestone went on, false if verdict or approvers stopped it. Null: it was not written down.';

CREATE TABLE release_ops.criterion_attempt (
    run_id text NOT NULL,
    gate text NOT NULL,
    evaluated_at timestamptz NOT NULL,
    criterion text NOT NULL,
    title text NOT NULL DEFAULT '',
    kind text NOT NULL DEFAULT '',
    required boolean NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('pass', 'fail', 'unknown', 'pending')),
    waived boolean NOT NULL,
    PRIMARY KEY (run_id, gate, evaluated_at, criterion),
    FOREIGN KEY (run_id, gate, evaluated_at) REFERENCES release_ops.gate_attempt ON DELETE CASCADE
);
COMMENT ON TABLE release_ops.criterion_attempt IS 'One row per criterion of an evaluation of a gate that led to a decision.';
COMMENT ON COLUMN release_ops.criterion_attempt.run_id IS 'Airflow run id of the milestone run.';
COMMENT ON COLUMN release_ops.criterion_attempt.gate IS 'Name of the gate in the product file.';
COMMENT ON COLUMN release_ops.criterion_attempt.evaluated_at IS 'When the evidence was collected, UTC.';
COMMENT ON COLUMN release_ops.criterion_attempt.criterion IS 'Id of the criterion in the product file.';
COMMENT ON COLUMN release_ops.criterion_attempt.title IS 'What it demands, in words.';
COMMENT ON COLUMN release_ops.criterion_attempt.kind IS 'How its evidence is collected: sql, checklist and so on.';
COMMENT ON COLUMN release_ops.criterion_attempt.required IS 'True if the gate fails without it.';
COMMENT ON COLUMN release_ops.criterion_attempt.outcome IS 'pass, fail, unknown (no evidence) or pending (nobody ticked it).';
COMMENT ON COLUMN release_ops.criterion_attempt.waived IS 'True if an approver''s waiver stood in for it.';

INSERT INTO release_ops.gate_attempt
    (run_id, gate, evaluated_at, product, version, milestone, verdict, commit, answered_at, decided_at)
SELECT g.run_id, g.gate, g.evaluated_at, g.product, g.version, g.kind, g.verdict, g.commit,
    (SELECT max(a.answered_at) FROM release_ops.approval a WHERE a.run_id = g.run_id AND a.gate = g.gate), g.evaluated_at
FROM release_ops.gate_evaluation g;
INSERT INTO release_ops.criterion_attempt
    (run_id, gate, evaluated_at, criterion, title, kind, required, outcome, waived)
SELECT c.run_id, c.gate, g.evaluated_at, c.criterion, c.title, c.kind, c.required, c.outcome, c.waived_by <> ''
FROM release_ops.criterion_result c
JOIN release_ops.gate_evaluation g USING (run_id, gate);

-- The evaluation is written again with the decision, so that only this tells since when an approver was waited for.
ALTER TABLE release_ops.approval ADD COLUMN asked_at timestamptz;
COMMENT ON COLUMN release_ops.approval.asked_at IS 'When the seat was asked; null: it was not written down.';

CREATE INDEX IF NOT EXISTS deployment_by_version ON release_ops.deployment (product, version) WHERE version <> '';
CREATE INDEX deployment_by_commit ON release_ops.deployment (product, commit) WHERE commit <> '';
CREATE INDEX published_release_by_version ON release_ops.published_release (product, version) WHERE version <> '';

CREATE VIEW release_metrics.product_target AS SELECT * FROM release_ops.product_target;
COMMENT ON VIEW release_metrics.product_target IS 'Grain: one row per product. Key: product. Fresh: with every run of delivery_metrics, at the latest once a day. What the figures of a product are held to, by its product file.';

CREATE OR REPLACE VIEW release_metrics.approval AS
SELECT run_id, seat, product, version, gate, role, user_id, approved, reason, answered_at, asked_at,
    CASE WHEN num_nulls(asked_at, answered_at) = 0 THEN greatest(answered_at - asked_at, interval '0') END AS waited
FROM release_ops.approval;
COMMENT ON COLUMN release_metrics.approval.asked_at IS 'When the seat was asked, UTC; null: it was not written down.';
COMMENT ON COLUMN release_metrics.approval.waited IS 'answered_at minus asked_at, interval; null if nobody answered or asked_at is not known.';

CREATE VIEW release_metrics.gate_attempt AS
SELECT a.run_id, a.gate, a.evaluated_at, a.product, a.version, a.milestone, a.verdict, a.commit, a.asked_at, a.answered_at,
    a.seats, a.seats_answered, a.decided_at, a.proceeded,
    CASE WHEN num_nulls(a.asked_at, a.answered_at) = 0 THEN greatest(a.answered_at - a.asked_at, interval '0') END AS approval_wait,
    row_number() OVER (PARTITION BY a.product, a.version, a.gate ORDER BY a.evaluated_at, a.run_id) AS attempt,
    c.criteria, c.criteria_failed, c.criteria_waived
FROM release_ops.gate_attempt a
CROSS JOIN LATERAL (
    SELECT count(*) AS criteria, count(*) FILTER (WHERE outcome IN ('fail', 'unknown') AND NOT waived) AS criteria_failed,
        count(*) FILTER (WHERE outcome <> 'pass' AND waived) AS criteria_waived
    FROM release_ops.criterion_attempt
    WHERE run_id = a.run_id AND gate = a.gate AND evaluated_at = a.evaluated_at
) c;
COMMENT ON VIEW release_metrics.gate_attempt IS 'Grain: one row per evaluation of a gate that led to a decision. Key: run_id, gate, evaluated_at. Fresh: as soon as a gate is decided. Every try of every gate: gate_outcome has only the last one of a run.';
COMMENT ON COLUMN release_metrics.gate_attempt.approval_wait IS 'answered_at minus asked_at, interval: how long the release waited for people. Null if nobody was asked, or answered.';
COMMENT ON COLUMN release_metrics.gate_attempt.attempt IS 'Number of the try of this gate for this release, from 1.';
COMMENT ON COLUMN release_metrics.gate_attempt.criteria IS 'Number of criteria.';
COMMENT ON COLUMN release_metrics.gate_attempt.criteria_failed IS 'Number of criteria that failed, or for which there was no evidence, and that nobody waived; optional ones included.';
COMMENT ON COLUMN release_metrics.gate_attempt.criteria_waived IS 'Number of criteria that did not pass and were waived.';

CREATE VIEW release_metrics.criterion_attempt AS
SELECT c.run_id, c.gate, c.evaluated_at, c.criterion, a.product, a.version, c.title, c.kind, c.required, c.outcome, c.waived,
    c.required AND c.outcome IN ('fail', 'unknown') AND NOT c.waived AS blocking
FROM release_ops.criterion_attempt c
JOIN release_ops.gate_attempt a USING (run_id, gate, evaluated_at);
COMMENT ON VIEW release_metrics.criterion_attempt IS 'Grain: one row per criterion of an evaluation of a gate that led to a decision. Key: run_id, gate, evaluated_at, criterion. Fresh: as soon as a gate is decided. What each criterion said, try by try.';
COMMENT ON COLUMN release_metrics.criterion_attempt.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.criterion_attempt.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.criterion_attempt.blocking IS 'True if the gate failed because of it: required, failed or without evidence, and not waived.';

CREATE VIEW release_metrics.gate_criterion_outcome AS
SELECT product, gate, criterion, (array_agg(title ORDER BY evaluated_at DESC, run_id DESC))[1] AS title,
    count(*) AS evaluations,
    count(*) FILTER (WHERE outcome = 'pass') AS passed,
    count(*) FILTER (WHERE outcome = 'fail') AS failed,
    count(*) FILTER (WHERE outcome = 'unknown') AS unknown,
    count(*) FILTER (WHERE outcome = 'pending') AS pending,
    count(*) FILTER (WHERE waived AND outcome <> 'pass') AS waived,
    count(*) FILTER (WHERE blocking) AS blocked,
    count(*) FILTER (WHERE outcome IN ('fail', 'unknown'))::double precision / count(*) AS fail_ratio,
    max(evaluated_at) AS last_at,
    (array_agg(outcome ORDER BY evaluated_at DESC, run_id DESC))[1] AS last_outcome
FROM release_metrics.criterion_attempt
GROUP BY product, gate, criterion;
COMMENT ON VIEW release_metrics.gate_criterion_outcome IS 'Grain: one row per product, gate and criterion that was ever decided on. Key: product, gate, criterion. Fresh: as soon as a gate is decided. Which demand of a gate holds releases up, and which one is waived as a matter of course.';
COMMENT ON COLUMN release_metrics.gate_criterion_outcome.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.gate_criterion_outcome.gate IS 'Name of the gate in the product file.';
COMMENT ON COLUMN release_metrics.gate_criterion_outcome.criterion IS 'Id of the criterion in the product file.';
COMMENT ON COLUMN release_metrics.gate_criterion_outcome.title IS 'What it demands, in words, as of its last evaluation.';
COMMENT ON COLUMN release_metrics.gate_criterion_outcome.evaluations IS 'How often it was evaluated; at least 1.';
COMMENT ON COLUMN release_metrics.gate_criterion_outcome.passed IS 'How often it passed.';
COMMENT ON COLUMN release_metrics.gate_criterion_outcome.failed IS 'How often it failed, waived or not.';
COMMENT ON COLUMN release_metrics.gate_criterion_outcome.unknown IS 'How often there was no evidence.';
COMMENT ON COLUMN release_metrics.gate_criterion_outcome.pending IS 'How often nobody ticked it.';
COMMENT ON COLUMN release_metrics.gate_criterion_outcome.waived IS 'How often it did not pass and was waived.';
COMMENT ON COLUMN release_metrics.gate_criterion_outcome.blocked IS 'How often the gate failed because of it, alone or among others.';
COMMENT ON COLUMN release_metrics.gate_criterion_outcome.fail_ratio IS '(failed + unknown) / evaluations, ratio 0..1.';
COMMENT ON COLUMN release_metrics.gate_criterion_outcome.last_at IS 'When it was last evaluated, UTC.';
COMMENT ON COLUMN release_metrics.gate_criterion_outcome.last_outcome IS 'pass, fail, unknown or pending: its last outcome.';

CREATE VIEW release_metrics.milestone_adherence AS
WITH due AS (
    SELECT c.product, c.entry AS kind, c.planned_on, c.first_planned_on, m.state, m.actual_at - c.planned_at AS lateness,
        (m.actual_at AT TIME ZONE coalesce(t.timezone, 'UTC'))::date AS actual_on,
        s.slips, s.breaches
    FROM release_ops.calendar_entry c
    LEFT JOIN release_ops.milestone m ON m.product = c.product AND m.version = c.version AND m.kind = c.entry
    LEFT JOIN release_ops.product_target t ON t.product = c.product
    CROSS JOIN LATERAL (
        SELECT count(*) AS slips, count(*) FILTER (WHERE policy = 'breached') AS breaches
        FROM release_ops.slip
        WHERE product = c.product AND version = c.version AND category = c.category AND entry = c.entry AND implausible = ''
    ) s
    WHERE c.category = 'milestone'
        AND (NOT c.withdrawn OR m.state = 'done')
        AND coalesce(m.state, 'planned') <> 'skipped'
        AND (m.state IN ('done', 'missed') OR c.planned_on < (now() AT TIME ZONE coalesce(t.timezone, 'UTC'))::date)
)
SELECT product, kind, period, date_trunc(period, planned_on::timestamp)::date AS starts_on,
    count(*) AS milestones,
    count(*) FILTER (WHERE state = 'done') AS done,
    count(*) FILTER (WHERE actual_on <= planned_on) AS on_time,
    count(*) FILTER (WHERE actual_on <= planned_on)::double precision / count(*) AS on_time_ratio,
    count(*) FILTER (WHERE actual_on <= first_planned_on)::double precision / count(*) AS on_first_plan_ratio,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY lateness) AS lateness_median,
    avg(lateness) AS lateness_mean,
    sum(slips)::bigint AS slips,
    sum(slips)::double precision / count(*) AS slips_per_milestone,
    sum(breaches)::bigint AS breaches
FROM due
CROSS JOIN (VALUES ('month'), ('quarter')) AS periods (period)
GROUP BY product, kind, period, date_trunc(period, planned_on::timestamp);
COMMENT ON VIEW release_metrics.milestone_adherence IS 'Grain: one row per product, kind of milestone, and month or quarter in which milestones were due. Key: product, kind, period, starts_on. Fresh: at once after a milestone ends; moves of dates once a day. Do dates hold? Milestones that were skipped or taken out of the plan do not count.';
COMMENT ON COLUMN release_metrics.milestone_adherence.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.milestone_adherence.kind IS 'planning, alpha, feature_complete, freeze, beta, rc, ga or support_end.';
COMMENT ON COLUMN release_metrics.milestone_adherence.period IS 'month or quarter: name one of them, or everything counts twice.';
COMMENT ON COLUMN release_metrics.milestone_adherence.starts_on IS 'First day of the month or quarter in which the milestones were last planned for.';
COMMENT ON COLUMN release_metrics.milestone_adherence.milestones IS 'Milestones that are done, were missed, or whose day has passed; at least 1.';
COMMENT ON COLUMN release_metrics.milestone_adherence.done IS 'Those of them that are done.';
COMMENT ON COLUMN release_metrics.milestone_adherence.on_time IS 'Those that were done on the day that they were last planned for, or before, in the product''s zone.';
COMMENT ON COLUMN release_metrics.milestone_adherence.on_time_ratio IS 'on_time / milestones, ratio 0..1.';
COMMENT ON COLUMN release_metrics.milestone_adherence.on_first_plan_ratio IS 'Share that was done on the day of the first plan or before, ratio 0..1: slips count against it.';
COMMENT ON COLUMN release_metrics.milestone_adherence.lateness_median IS 'Median of actual minus last planned instant over those done, interval (interpolated); negative: early. Null while none is done.';
COMMENT ON COLUMN release_metrics.milestone_adherence.lateness_mean IS 'Mean of the same, interval.';
COMMENT ON COLUMN release_metrics.milestone_adherence.slips IS 'How often their dates were moved to another day, probable typing errors left out.';
COMMENT ON COLUMN release_metrics.milestone_adherence.slips_per_milestone IS 'slips / milestones.';
COMMENT ON COLUMN release_metrics.milestone_adherence.breaches IS 'How many of these moves breached the notice policy; only a GA''s can.';

CREATE VIEW release_metrics.release_change AS
SELECT product, first_final AS version, type, count(DISTINCT change) AS changes,
    count(DISTINCT change) FILTER (WHERE breaking) AS breaking,
    count(DISTINCT change) FILTER (WHERE reverted_by IS NOT NULL) AS reverted,
    count(DISTINCT author) AS authors
FROM release_ops.change_log
WHERE told AND first_final IS NOT NULL
GROUP BY product, first_final, type;
COMMENT ON VIEW release_metrics.release_change IS 'Grain: one row per final release and type of change that it has. Key: product, version, type. Fresh: when a milestone that tags ends, and once a day. What a release is made of: change_log counted.';
COMMENT ON COLUMN release_metrics.release_change.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.release_change.version IS 'Version of the first final release that has them.';
COMMENT ON COLUMN release_metrics.release_change.type IS 'Type by Conventional Commits, such as feat or fix; empty without one.';
COMMENT ON COLUMN release_metrics.release_change.changes IS 'Changes; a cherry-pick and its original are one.';
COMMENT ON COLUMN release_metrics.release_change.breaking IS 'Those of them that break something.';
COMMENT ON COLUMN release_metrics.release_change.reverted IS 'Those of them that were taken back, in this release or later.';
COMMENT ON COLUMN release_metrics.release_change.authors IS 'People who wrote them; do not add them up over types.';

CREATE VIEW release_metrics.release_scorecard AS
SELECT r.product, r.version, r.type, r.state, r.opened_at,
    p.first_planned_on AS first_planned_ga, coalesce(p.planned_on, r.planned_ga) AS planned_ga, known.ga_at,
    known.ga_on - coalesce(p.planned_on, r.planned_ga) AS days_late,
    known.ga_on - p.first_planned_on AS days_after_first_plan,
    slip.ga_slips, slip.ga_slipped_days, slip.slips, slip.breaches,
    coalesce(feature.total, day.total) AS scope_total,
    scope.done AS scope_done,
    least(scope.done, coalesce(feature.total, day.total))::double precision / nullif(coalesce(feature.total, day.total), 0)
        AS scope_delivered,
    frozen.total AS scope_total_at_freeze, frozen.done AS scope_done_at_freeze,
    frozen.done::double precision / nullif(frozen.total, 0) AS scope_delivered_at_freeze,
    gate.gates, gate.evaluations AS gate_evaluations, gate.failures AS gate_failures,
    gate.first_time AS gates_passed_first_time,
    gate.first_time::double precision / nullif(gate.gates, 0) AS first_time_ratio,
    waiver.waivers, gate.approval_wait, gate.approval_wait_longest,
    known.freeze_at, deployed.production_at,
    CASE WHEN deployed.production_at >= known.freeze_at THEN deployed.production_at - known.freeze_at END
        AS freeze_to_production,
    deployed.deployments, deployed.unsuccessful AS deployments_unsuccessful,
    deployed.rolled_back AS deployments_rolled_back,
    CASE WHEN deployed.deployments = 0 OR deployed.deployments > 0 AND line.failures_known THEN failure.failed END
        AS deployments_failed,
    deployed.success AS deployment_success, failure.recovery_time,
    issue.critical_issues,
    measure.nps, measure.csat, measure.ces, measure.cost, measure.cost_currency,
    t.deployment_success AS deployment_success_target,
    deployed.success >= t.deployment_success AS deployment_success_met,
    t.freeze_to_production AS freeze_to_production_target,
    CASE
        WHEN deployed.production_at >= known.freeze_at
            THEN deployed.production_at - known.freeze_at < t.freeze_to_production
        WHEN deployed.deployments = 0 AND now() - known.freeze_at >= t.freeze_to_production THEN false
    END AS freeze_to_production_met,
    t.critical_issues AS critical_issues_target,
    issue.critical_issues < t.critical_issues AS critical_issues_met,
    t.recovery AS recovery_time_target,
    CASE WHEN failure.longest_open >= t.recovery THEN false ELSE failure.recovery_time < t.recovery END AS recovery_time_met
FROM release_ops.release r
LEFT JOIN release_ops.product_target t ON t.product = r.product
LEFT JOIN release_ops.calendar_entry p
    ON p.product = r.product AND p.version = r.version AND p.category = 'milestone' AND p.entry = 'ga'
LEFT JOIN release_ops.milestone ga ON ga.product = r.product AND ga.version = r.version AND ga.kind = 'ga'
LEFT JOIN release_ops.milestone fm ON fm.product = r.product AND fm.version = r.version AND fm.kind = 'freeze'
LEFT JOIN release_ops.freeze f ON f.product = r.product AND f.version = r.version
CROSS JOIN LATERAL (
    SELECT coalesce(r.released_at, ga.actual_at) AS ga_at,
        (coalesce(r.released_at, ga.actual_at) AT TIME ZONE coalesce(t.timezone, 'UTC'))::date AS ga_on,
        coalesce(f.started_at, fm.actual_at) AS freeze_at,
        coalesce(t.production, 'production') AS production
) known
LEFT JOIN release_ops.dora_line line ON line.product = r.product AND line.environment = known.production
CROSS JOIN LATERAL (
    SELECT count(*) AS slips, count(*) FILTER (WHERE entry = 'ga') AS ga_slips,
        coalesce(sum(new_on - old_on) FILTER (WHERE entry = 'ga'), 0)::integer AS ga_slipped_days,
        count(*) FILTER (WHERE policy = 'breached') AS breaches
    FROM release_ops.slip
    WHERE product = r.product AND version = r.version AND category = 'milestone' AND implausible = ''
) slip
CROSS JOIN LATERAL (
    SELECT nullif(count(*), 0) AS total,
        count(*) FILTER (
            WHERE disposition = 'included' OR status = 'done' AND coalesce(disposition, 'deadline_imposed') = 'deadline_imposed'
        ) AS done,
        max(snapshot_at) AS seen_at
    FROM release_ops.scope_feature
    WHERE product = r.product AND version = r.version AND planned IS DISTINCT FROM false
) feature
LEFT JOIN LATERAL (
    SELECT total, done, updated_at FROM release_ops.scope_day
    WHERE product = r.product AND version = r.version AND (known.ga_at IS NULL OR day <= (known.ga_at AT TIME ZONE 'UTC')::date)
    ORDER BY day DESC LIMIT 1
) day ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN feature.total IS NULL OR day.updated_at > feature.seen_at THEN day.done ELSE feature.done END AS done
) scope
LEFT JOIN LATERAL (
    SELECT total, done FROM release_ops.scope_day
    WHERE product = r.product AND version = r.version AND day <= (known.freeze_at AT TIME ZONE 'UTC')::date
    ORDER BY day DESC LIMIT 1
) frozen ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS evaluations, count(*) FILTER (WHERE verdict = 'fail') AS failures, count(DISTINCT gate) AS gates,
        count(*) FILTER (WHERE try = 1 AND verdict <> 'fail') AS first_time,
        sum(wait) AS approval_wait, max(wait) AS approval_wait_longest
    FROM (
        SELECT gate, verdict,
            CASE WHEN num_nulls(asked_at, answered_at) = 0 THEN greatest(answered_at - asked_at, interval '0') END AS wait,
            row_number() OVER (PARTITION BY gate ORDER BY evaluated_at, run_id) AS try
        FROM release_ops.gate_attempt
        WHERE product = r.product AND version = r.version
    ) tries
) gate
CROSS JOIN LATERAL (
    SELECT count(DISTINCT (gate, criterion)) AS waivers FROM release_ops.waiver
    WHERE product = r.product AND version = r.version
) waiver
CROSS JOIN LATERAL (
    SELECT min(finished_at) FILTER (WHERE result = 'success') AS production_at,
        CASE WHEN count(deployment) > 0 OR read THEN count(DISTINCT deployment) END AS deployments,
        CASE WHEN count(deployment) > 0 OR read THEN count(DISTINCT deployment) FILTER (WHERE result = 'failure') END
            AS unsuccessful,
        CASE WHEN bool_or(rolled_back IS NOT NULL) THEN count(DISTINCT deployment) FILTER (WHERE rolled_back) END AS rolled_back,
        -- Not 1 minus a share: 49 of 50 has to be what 0.98 is.
        (count(DISTINCT deployment) - count(DISTINCT deployment) FILTER (WHERE result = 'failure' OR rolled_back))
            ::double precision / nullif(count(DISTINCT deployment), 0) AS success,
        array_agg(deployment) AS ids
    FROM (
        SELECT EXISTS (
            SELECT FROM release_ops.ingest_state
            WHERE product = r.product AND stream = 'deployments' AND finished_at IS NOT NULL
        ) AS read
    ) state
    LEFT JOIN (
        SELECT deployment, result, rolled_back, finished_at
        FROM (
            SELECT *,
                min(finished_at) FILTER (WHERE result = 'success') OVER (PARTITION BY repository, component) AS first_at
            FROM (
                SELECT deployment, repository, component, commit, result, rolled_back, finished_at
                FROM release_ops.deployment
                WHERE product = r.product AND version <> '' AND version = r.version AND environment = known.production
                    AND result IN ('success', 'failure')
                UNION
                SELECT d.deployment, d.repository, d.component, d.commit, d.result, d.rolled_back, d.finished_at
                FROM release_ops.published_release tag
                JOIN release_ops.deployment d ON d.product = tag.product AND d.commit = tag.commit AND d.commit <> ''
                WHERE tag.product = r.product AND tag.version <> '' AND tag.version = r.version AND d.version = ''
                    AND d.environment = known.production AND d.result IN ('success', 'failure')
            ) named
        ) own
        -- What follows a newer version that reached the same place brings the older one back: the newer one's failure.
        WHERE NOT EXISTS (
            SELECT FROM release_ops.deployment newer
            WHERE newer.product = r.product AND newer.environment = known.production
                AND newer.repository = own.repository AND newer.component = own.component AND newer.result = 'success'
                AND newer.finished_at > own.first_at AND newer.finished_at < own.finished_at
                AND newer.version <> r.version AND (newer.version <> '' OR newer.commit <> own.commit)
                AND NOT EXISTS (
                    SELECT FROM release_ops.deployment before
                    WHERE before.product = newer.product AND before.environment = newer.environment
                        AND before.repository = newer.repository AND before.component = newer.component
                        AND before.result = 'success' AND before.finished_at <= own.first_at
                        AND before.version = newer.version AND (newer.version <> '' OR before.commit = newer.commit)
                )
        )
    ) one ON true
    GROUP BY read
) deployed
CROSS JOIN LATERAL (
    SELECT count(*) AS failed,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(recovered_at - finished_at, interval '0'))
            FILTER (WHERE recovered_at IS NOT NULL) AS recovery_time,
        now() - min(finished_at) FILTER (WHERE recovered_at IS NULL) AS longest_open
    FROM release_ops.deployment_outcome
    WHERE product = r.product AND environment = known.production AND deployment = ANY (deployed.ids) AND is_failed
) failure
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN (
            SELECT bool_and(coalesce(finished_at >= known.ga_at + interval '48 hours', false)) FROM release_ops.ingest_state
            WHERE product = r.product AND stream IN ('issues', 'incidents')
        ) THEN (
            SELECT count(*) FROM release_ops.issue
            WHERE product = r.product AND severity = 'critical' AND NOT is_incident
                AND created_at >= known.ga_at AND created_at < known.ga_at + interval '48 hours'
        ) + (
            SELECT count(*) FROM release_ops.incident
            WHERE product = r.product AND severity = 'critical' AND environment IN ('', known.production)
                AND started_at >= known.ga_at AND started_at < known.ga_at + interval '48 hours'
        )
    END AS critical_issues
) issue
CROSS JOIN LATERAL (
    SELECT max(value) FILTER (WHERE measure = 'nps') AS nps, max(value) FILTER (WHERE measure = 'csat') AS csat,
        max(value) FILTER (WHERE measure = 'ces') AS ces, max(value) FILTER (WHERE measure = 'cost') AS cost,
        nullif(max(unit) FILTER (WHERE measure = 'cost'), '') AS cost_currency
    FROM release_ops.release_measure
    WHERE product = r.product AND version = r.version
) measure;
COMMENT ON VIEW release_metrics.release_scorecard IS 'Grain: one row per product and version that was ever opened. Key: product, version. Fresh: as soon as the train moves; deployments, issues and measures with every delivery_ingest, targets and recovery with every delivery_metrics. Versions from before Release Ops was used have no row; what surveys and cost say of them is in release_measure. How a release went: dates, scope, gates, deployments, issues and what it was held to.';
COMMENT ON COLUMN release_metrics.release_scorecard.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.release_scorecard.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.release_scorecard.type IS 'major, minor, patch, hotfix or security.';
COMMENT ON COLUMN release_metrics.release_scorecard.state IS 'planned, in_progress, frozen, released or closed.';
COMMENT ON COLUMN release_metrics.release_scorecard.opened_at IS 'When the release record was first opened, UTC.';
COMMENT ON COLUMN release_metrics.release_scorecard.first_planned_ga IS 'Day of GA when it was first seen in the calendar, in the product''s zone; null for a release without a calendar.';
COMMENT ON COLUMN release_metrics.release_scorecard.planned_ga IS 'Day of GA as last planned, in the product''s zone; null if unplanned.';
COMMENT ON COLUMN release_metrics.release_scorecard.ga_at IS 'When it was generally available, UTC; null until then.';
COMMENT ON COLUMN release_metrics.release_scorecard.days_late IS 'Day of ga_at in the product''s zone minus planned_ga, days; negative: early. Null until GA.';
COMMENT ON COLUMN release_metrics.release_scorecard.days_after_first_plan IS 'Day of ga_at in the product''s zone minus first_planned_ga, days: slips and lateness together. Null until GA.';
COMMENT ON COLUMN release_metrics.release_scorecard.ga_slips IS 'How often its GA was moved to another day; probable typing errors (slip.implausible) left out.';
COMMENT ON COLUMN release_metrics.release_scorecard.ga_slipped_days IS 'Sum of the days of these moves; moves back and forth cancel out, negative: pulled forward.';
COMMENT ON COLUMN release_metrics.release_scorecard.slips IS 'How often any of its milestones was moved to another day; probable typing errors left out.';
COMMENT ON COLUMN release_metrics.release_scorecard.breaches IS 'How many of its moves breached the notice policy.';
COMMENT ON COLUMN release_metrics.release_scorecard.scope_total IS 'Features that were planned for it, those included that it lost on the way; what planning deferred is left out. Null: no scope is known.';
COMMENT ON COLUMN release_metrics.release_scorecard.scope_done IS 'Features that were done when they were last looked at, not later than the day of GA. Null: no scope is known.';
COMMENT ON COLUMN release_metrics.release_scorecard.scope_delivered IS 'scope_done / scope_total, ratio 0..1; null without scope.';
COMMENT ON COLUMN release_metrics.release_scorecard.scope_total_at_freeze IS 'Features planned on the last day with a look before its freeze; null: not frozen yet, or nobody looked.';
COMMENT ON COLUMN release_metrics.release_scorecard.scope_done_at_freeze IS 'Those of them that were done.';
COMMENT ON COLUMN release_metrics.release_scorecard.scope_delivered_at_freeze IS 'scope_done_at_freeze / scope_total_at_freeze, ratio 0..1; null if not known.';
COMMENT ON COLUMN release_metrics.release_scorecard.gates IS 'Gates that were decided for it.';
COMMENT ON COLUMN release_metrics.release_scorecard.gate_evaluations IS 'Decided evaluations of these gates, repetitions included.';
COMMENT ON COLUMN release_metrics.release_scorecard.gate_failures IS 'Evaluations whose verdict was fail.';
COMMENT ON COLUMN release_metrics.release_scorecard.gates_passed_first_time IS 'Gates whose first evaluation was pass or conditional.';
COMMENT ON COLUMN release_metrics.release_scorecard.first_time_ratio IS 'gates_passed_first_time / gates, ratio 0..1; null while no gate was decided.';
COMMENT ON COLUMN release_metrics.release_scorecard.waivers IS 'Criteria that approvers waived, each once.';
COMMENT ON COLUMN release_metrics.release_scorecard.approval_wait IS 'Time that its gates waited for approvers, from the question to the last answer, added up, interval. Null: nobody was asked, or answered.';
COMMENT ON COLUMN release_metrics.release_scorecard.approval_wait_longest IS 'Longest of these waits, interval.';
COMMENT ON COLUMN release_metrics.release_scorecard.freeze_at IS 'When its freeze began, UTC; null until then.';
COMMENT ON COLUMN release_metrics.release_scorecard.production_at IS 'End of the first successful production deployment of its version, or of the commit of its tag, UTC; null: none is known.';
COMMENT ON COLUMN release_metrics.release_scorecard.freeze_to_production IS 'production_at minus freeze_at, interval; null if either is not known, or production came before the freeze.';
COMMENT ON COLUMN release_metrics.release_scorecard.deployments IS 'Production deployments of it that succeeded or did not. One that brings it back after a newer version had reached the same place is none of them: it undoes the newer one. Null: no deployments of the product are read.';
COMMENT ON COLUMN release_metrics.release_scorecard.deployments_unsuccessful IS 'Those of them that did not succeed: runs that failed, as dora.unsuccessful. Null: no deployments of the product are read.';
COMMENT ON COLUMN release_metrics.release_scorecard.deployments_rolled_back IS 'Those of them that were undone afterwards. Null: no source says so of any of them.';
COMMENT ON COLUMN release_metrics.release_scorecard.deployments_failed IS 'Those of them that users met a failure of: an incident belongs to it, or it was rolled back, as dora.failed. Null: nobody says which fail, see dora.change_fail_rate.';
COMMENT ON COLUMN release_metrics.release_scorecard.deployment_success IS 'Share of deployments that succeeded and were not rolled back, ratio 0..1. An incident alone does not count against it: that is deployments_failed, and dora.change_fail_rate. Where a source does not tell of rollbacks, only runs that failed count. Null without deployments.';
COMMENT ON COLUMN release_metrics.release_scorecard.recovery_time IS 'Median time from the end of its failed deployments (deployment_outcome.is_failed) to their recovery, interval (percentile_cont). Null: none failed and recovered, as far as anybody says.';
COMMENT ON COLUMN release_metrics.release_scorecard.critical_issues IS 'Critical issues and production incidents opened in the 48 hours after GA. Null: GA is not 48 hours ago, or issues have not been read since.';
COMMENT ON COLUMN release_metrics.release_scorecard.nps IS 'Net promoter score, -100..100; null: not measured.';
COMMENT ON COLUMN release_metrics.release_scorecard.csat IS 'Customer satisfaction, as its survey counts; null: not measured.';
COMMENT ON COLUMN release_metrics.release_scorecard.ces IS 'Customer effort score, as its survey counts; null: not measured.';
COMMENT ON COLUMN release_metrics.release_scorecard.cost IS 'What it cost, in cost_currency; null: not measured.';
COMMENT ON COLUMN release_metrics.release_scorecard.cost_currency IS 'ISO 4217 code of the currency of cost; null without cost, or if not named.';
COMMENT ON COLUMN release_metrics.release_scorecard.deployment_success_target IS 'deployment_success has to be at least this, ratio 0..1; null: held to nothing.';
COMMENT ON COLUMN release_metrics.release_scorecard.deployment_success_met IS 'True if it is; null: not known, or held to nothing.';
COMMENT ON COLUMN release_metrics.release_scorecard.freeze_to_production_target IS 'freeze_to_production has to be less than this, interval; null: held to nothing.';
COMMENT ON COLUMN release_metrics.release_scorecard.freeze_to_production_met IS 'True if it is; false also where it is not in production and the time is up. Null: not known, or held to nothing.';
COMMENT ON COLUMN release_metrics.release_scorecard.critical_issues_target IS 'critical_issues has to be less than this, on average over releases; null: held to nothing.';
COMMENT ON COLUMN release_metrics.release_scorecard.critical_issues_met IS 'True if it is for this release alone; null: not known, or held to nothing.';
COMMENT ON COLUMN release_metrics.release_scorecard.recovery_time_target IS 'recovery_time has to be less than this, interval; null: held to nothing.';
COMMENT ON COLUMN release_metrics.release_scorecard.recovery_time_met IS 'True if it is; false also where a failed deployment has waited longer for its recovery. Null: none failed, or held to nothing.';

-- One meaning of scope in all tables.
COMMENT ON COLUMN release_metrics.scope_day.total IS 'Features of the release at the last look of that day, without those that its plan deferred: what release_scorecard.scope_total counts.';
COMMENT ON COLUMN release_metrics.prediction.expected IS 'Predicted share of the scope that is delivered, ratio 0..1 (scope; the scope as release_scorecard.scope_total counts it), or days (duration); null for other kinds.';
COMMENT ON COLUMN release_metrics.prediction.actual IS 'Actual share of the scope, as release_scorecard.scope_delivered (scope), or days (duration); null until resolved.';

-- Which Parquet file holds what, so that only months that changed are written again.
CREATE TABLE release_ops.parquet_file (
    place text NOT NULL,
    table_name text NOT NULL,
    month text NOT NULL,
    fingerprint text NOT NULL,
    rows bigint NOT NULL CHECK (rows >= 0),
    bytes bigint NOT NULL CHECK (bytes >= 0),
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (place, table_name, month)
);
COMMENT ON TABLE release_ops.parquet_file IS 'One row per Parquet file that delivery_metrics wrote: what its rows and columns were then.';
COMMENT ON COLUMN release_ops.parquet_file.month IS 'Month of its rows, such as 2026-11; __HIVE_DEFAULT_PARTITION__: they have no time; empty: all rows of the table.';
COMMENT ON COLUMN release_ops.parquet_file.fingerprint IS 'Of the rows, whatever their order, and of the names and types of the columns.';

-- What is the same in both schemas has the same words.
DO $$
DECLARE
    missing text;
BEGIN
    FOR missing IN
        SELECT format('COMMENT ON COLUMN release_metrics.%I.%I IS %L', c.relname, a.attname, col_description(t.oid, b.attnum))
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        JOIN pg_class t ON t.relname = c.relname AND t.relnamespace = 'release_ops'::regnamespace
        JOIN pg_attribute b ON b.attrelid = t.oid AND b.attname = a.attname AND b.attnum > 0
        WHERE c.relnamespace = 'release_metrics'::regnamespace AND c.relkind = 'v'
            AND col_description(c.oid, a.attnum) IS NULL AND col_description(t.oid, b.attnum) IS NOT NULL
    LOOP
        EXECUTE missing;
    END LOOP;
END
$$;
