-- What the release train remembers, and what data teams may read of it.
-- Every table is keyed by its natural key, so that writing twice is writing once.

CREATE SCHEMA IF NOT EXISTS release_ops;
COMMENT ON SCHEMA release_ops IS 'What the DAGs need. Private: any migration may change it.';
CREATE SCHEMA IF NOT EXISTS release_metrics;
COMMENT ON SCHEMA release_metrics IS 'What data teams read. A contract: a breaking change gets a new name. Times are timestamptz in UTC, durations are interval, percentages are ratios 0..1.';

CREATE TABLE release_ops.release (
    product text NOT NULL,
    version text NOT NULL,
    type text NOT NULL CHECK (type IN ('major', 'minor', 'patch', 'hotfix', 'security')),
    theme text NOT NULL DEFAULT '',
    planned_ga date,
    state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'in_progress', 'frozen', 'released', 'closed')),
    branch text,
    previous_version text,
    opened_at timestamptz,
    released_at timestamptz,
    closed_at timestamptz,
    PRIMARY KEY (product, version)
);

CREATE TABLE release_ops.milestone (
    product text NOT NULL,
    version text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('planning', 'alpha', 'feature_complete', 'freeze', 'beta', 'rc', 'ga', 'support_end')),
    planned_at timestamptz,
    actual_at timestamptz,
    state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'running', 'blocked', 'done', 'missed', 'skipped')),
    late boolean NOT NULL DEFAULT false,
    detail text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, version, kind)
);
CREATE INDEX milestone_by_plan ON release_ops.milestone (planned_at) WHERE state = 'planned';

CREATE TABLE release_ops.milestone_run (
    run_id text NOT NULL,
    dag_id text NOT NULL,
    product text NOT NULL,
    version text NOT NULL,
    kind text NOT NULL,
    planned_at timestamptz,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'blocked', 'not_applied', 'failed')),
    late boolean NOT NULL DEFAULT false,
    reason text NOT NULL DEFAULT '',
    started_by text NOT NULL DEFAULT '',
    occasion text NOT NULL DEFAULT '',
    log_url text NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, dag_id)
);
CREATE INDEX milestone_run_by_release ON release_ops.milestone_run (product, version, kind);

CREATE TABLE release_ops.gate_evaluation (
    run_id text NOT NULL,
    gate text NOT NULL,
    product text NOT NULL,
    version text NOT NULL,
    kind text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('pass', 'conditional', 'fail')),
    evaluated_at timestamptz NOT NULL,
    commit text NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, gate)
);
CREATE INDEX gate_evaluation_by_release ON release_ops.gate_evaluation (product, version, gate, evaluated_at);

CREATE TABLE release_ops.criterion_result (
    run_id text NOT NULL,
    gate text NOT NULL,
    criterion text NOT NULL,
    title text NOT NULL DEFAULT '',
    kind text NOT NULL DEFAULT '',
    required boolean NOT NULL DEFAULT true,
    outcome text NOT NULL CHECK (outcome IN ('pass', 'fail', 'unknown', 'pending')),
    observed text NOT NULL DEFAULT '',
    expected text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    link text NOT NULL DEFAULT '',
    waived_by text NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, gate, criterion)
);

CREATE TABLE release_ops.approval (
    run_id text NOT NULL,
    seat text NOT NULL,
    product text NOT NULL,
    version text NOT NULL,
    gate text NOT NULL,
    role text NOT NULL,
    user_id text,
    approved boolean NOT NULL,
    reason text NOT NULL DEFAULT '',
    answered_at timestamptz,
    ticked jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (run_id, seat)
);
CREATE INDEX approval_by_release ON release_ops.approval (product, version);

CREATE TABLE release_ops.waiver (
    product text NOT NULL,
    version text NOT NULL,
    gate text NOT NULL,
    criterion text NOT NULL,
    approver text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    granted_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (product, version, gate, criterion, approver)
);

CREATE TABLE release_ops.effect (
    key text PRIMARY KEY,
    kind text NOT NULL DEFAULT '',
    product text NOT NULL DEFAULT '',
    version text NOT NULL DEFAULT '',
    run_id text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'claimed' CHECK (state IN ('claimed', 'done')),
    claimed_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    how text CHECK (how IN ('performed', 'adopted')),
    result jsonb,
    about jsonb NOT NULL DEFAULT '{}',
    CHECK ((state = 'done') = (done_at IS NOT NULL AND how IS NOT NULL AND result IS NOT NULL))
);
CREATE INDEX effect_by_release ON release_ops.effect (product, version);

CREATE TABLE release_ops.message (
    key text PRIMARY KEY,
    product text NOT NULL,
    version text NOT NULL,
    audience text NOT NULL,
    channel_kind text NOT NULL,
    channel_to text NOT NULL DEFAULT '',
    subject text NOT NULL DEFAULT '',
    body text NOT NULL DEFAULT '',
    blocks jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed')),
    error text NOT NULL DEFAULT ''
);
CREATE INDEX message_by_release ON release_ops.message (product, version, created_at);

CREATE TABLE release_ops.freeze (
    product text NOT NULL,
    version text NOT NULL,
    branch text NOT NULL,
    base_commit text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL,
    lifted_at timestamptz,
    report text NOT NULL DEFAULT '',
    PRIMARY KEY (product, version)
);

CREATE TABLE release_ops.scope_feature (
    product text NOT NULL,
    version text NOT NULL,
    feature text NOT NULL,
    title text NOT NULL DEFAULT '',
    status text NOT NULL CHECK (status IN ('planned', 'in_progress', 'done')),
    previous_status text CHECK (previous_status IN ('planned', 'in_progress', 'done')),
    disposition text CHECK (disposition IN ('included', 'excluded', 'deadline_imposed', 'frozen')),
    deadline timestamptz,
    reason text NOT NULL DEFAULT '',
    owner text NOT NULL DEFAULT '',
    priority text NOT NULL DEFAULT '',
    url text NOT NULL DEFAULT '',
    snapshot_at timestamptz NOT NULL,
    PRIMARY KEY (product, version, feature)
);

CREATE TABLE release_ops.artifact (
    product text NOT NULL,
    version text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    content text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, version, kind, name)
);

COMMENT ON TABLE release_ops.release IS 'One row per product and version: the release record.';
COMMENT ON TABLE release_ops.milestone IS 'One row per milestone of a release: plan and outcome.';
COMMENT ON TABLE release_ops.milestone_run IS 'One row per DAG run that carried out, or tried to carry out, a milestone.';
COMMENT ON TABLE release_ops.gate_evaluation IS 'One row per gate and run: the verdict.';
COMMENT ON TABLE release_ops.criterion_result IS 'One row per criterion, gate and run: the evidence.';
COMMENT ON TABLE release_ops.approval IS 'One row per seat and run: who answered what.';
COMMENT ON TABLE release_ops.waiver IS 'One row per waived criterion and approver: an expiring, reasoned exception.';
COMMENT ON TABLE release_ops.effect IS 'One row per act on the outside world: claimed before it is tried, done once it is known to have happened.';
COMMENT ON TABLE release_ops.message IS 'One row per message, audience and channel: the outbox.';
COMMENT ON TABLE release_ops.freeze IS 'One row per release: when its branch was frozen and released again.';
COMMENT ON TABLE release_ops.scope_feature IS 'One row per feature of a release as last snapshotted, and what the freeze did with it.';
COMMENT ON TABLE release_ops.artifact IS 'One row per text that a milestone made: changelog, notes, report.';

CREATE VIEW release_metrics.release AS
SELECT product, version, type, theme, planned_ga, state, branch, previous_version, opened_at, released_at, closed_at,
    released_at - opened_at AS lead_time
FROM release_ops.release;
COMMENT ON VIEW release_metrics.release IS 'Grain: one row per product and version. Key: product, version. Fresh: as soon as a milestone run ends. The releases that were ever opened and where they stand.';
COMMENT ON COLUMN release_metrics.release.product IS 'Id of the product, the name of its file without ending.';
COMMENT ON COLUMN release_metrics.release.version IS 'Version without tag prefix, such as 2.8.0.';
COMMENT ON COLUMN release_metrics.release.type IS 'major, minor, patch, hotfix or security.';
COMMENT ON COLUMN release_metrics.release.theme IS 'What the release is about, in the release manager''s words; may be empty.';
COMMENT ON COLUMN release_metrics.release.planned_ga IS 'Day of general availability as last planned, in the product''s zone; null if unplanned.';
COMMENT ON COLUMN release_metrics.release.state IS 'planned, in_progress, frozen, released or closed; never goes back.';
COMMENT ON COLUMN release_metrics.release.branch IS 'Release branch; null until it is cut.';
COMMENT ON COLUMN release_metrics.release.previous_version IS 'Final version that this one follows; null if none or unknown.';
COMMENT ON COLUMN release_metrics.release.opened_at IS 'When the release record was first opened, UTC.';
COMMENT ON COLUMN release_metrics.release.released_at IS 'When the final version was tagged and announced, UTC; null until then.';
COMMENT ON COLUMN release_metrics.release.closed_at IS 'When support ended and the release was closed, UTC; null until then.';
COMMENT ON COLUMN release_metrics.release.lead_time IS 'From opened_at to released_at, interval; null until released.';

CREATE VIEW release_metrics.milestone AS
SELECT product, version, kind, state, planned_at, actual_at, late, detail,
    actual_at - planned_at AS lateness,
    round((extract(epoch FROM actual_at - planned_at) / 86400)::numeric, 2) AS days_late,
    updated_at
FROM release_ops.milestone;
COMMENT ON VIEW release_metrics.milestone IS 'Grain: one row per milestone of a release. Key: product, version, kind. Fresh: as soon as a milestone is planned, moved or run. Plan against outcome.';
COMMENT ON COLUMN release_metrics.milestone.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.milestone.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.milestone.kind IS 'planning, alpha, feature_complete, freeze, beta, rc, ga or support_end.';
COMMENT ON COLUMN release_metrics.milestone.state IS 'planned, running, blocked, done, missed or skipped; done is final.';
COMMENT ON COLUMN release_metrics.milestone.planned_at IS 'When it was last planned for, UTC; null for a milestone without a calendar (hotfix).';
COMMENT ON COLUMN release_metrics.milestone.actual_at IS 'When it was first done, UTC; null until then.';
COMMENT ON COLUMN release_metrics.milestone.late IS 'True if its run began after an outage or a missed date rather than on time.';
COMMENT ON COLUMN release_metrics.milestone.detail IS 'Why it is in this state, in words; may be empty.';
COMMENT ON COLUMN release_metrics.milestone.lateness IS 'actual_at minus planned_at, interval; negative if early, null until done or if unplanned.';
COMMENT ON COLUMN release_metrics.milestone.days_late IS 'lateness in days of 24 hours, two decimals; negative if early, null until done or if unplanned.';
COMMENT ON COLUMN release_metrics.milestone.updated_at IS 'When this row last changed, UTC.';

CREATE VIEW release_metrics.gate_outcome AS
SELECT g.run_id, g.gate, g.product, g.version, g.kind AS milestone, g.verdict, g.evaluated_at, g.commit,
    count(c.criterion) AS criteria,
    count(c.criterion) FILTER (WHERE c.outcome = 'pass') AS criteria_passed,
    count(c.criterion) FILTER (WHERE c.outcome <> 'pass' AND c.waived_by <> '') AS criteria_waived,
    (count(c.criterion) FILTER (WHERE c.outcome = 'pass'))::numeric / nullif(count(c.criterion), 0) AS pass_ratio,
    row_number() OVER (PARTITION BY g.product, g.version, g.gate ORDER BY g.evaluated_at DESC, g.run_id DESC) = 1 AS latest
FROM release_ops.gate_evaluation g
LEFT JOIN release_ops.criterion_result c ON c.run_id = g.run_id AND c.gate = g.gate
GROUP BY g.run_id, g.gate;
COMMENT ON VIEW release_metrics.gate_outcome IS 'Grain: one row per gate and run. Key: run_id, gate. Fresh: as soon as a gate is evaluated. What each quality gate said.';
COMMENT ON COLUMN release_metrics.gate_outcome.run_id IS 'Airflow run id of the milestone run.';
COMMENT ON COLUMN release_metrics.gate_outcome.gate IS 'Name of the gate in the product file.';
COMMENT ON COLUMN release_metrics.gate_outcome.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.gate_outcome.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.gate_outcome.milestone IS 'Kind of the milestone that the gate guards.';
COMMENT ON COLUMN release_metrics.gate_outcome.verdict IS 'pass, conditional (passed with waivers or optional misses) or fail.';
COMMENT ON COLUMN release_metrics.gate_outcome.evaluated_at IS 'When it was evaluated, UTC.';
COMMENT ON COLUMN release_metrics.gate_outcome.commit IS 'Commit that was judged; empty if none.';
COMMENT ON COLUMN release_metrics.gate_outcome.criteria IS 'Number of criteria.';
COMMENT ON COLUMN release_metrics.gate_outcome.criteria_passed IS 'Number of criteria whose outcome is pass.';
COMMENT ON COLUMN release_metrics.gate_outcome.criteria_waived IS 'Number of criteria that did not pass and were waived.';
COMMENT ON COLUMN release_metrics.gate_outcome.pass_ratio IS 'criteria_passed / criteria, ratio 0..1; null for a gate without criteria.';
COMMENT ON COLUMN release_metrics.gate_outcome.latest IS 'True for the last evaluation of this gate for this release.';

CREATE VIEW release_metrics.approval AS
SELECT run_id, seat, product, version, gate, role, user_id, approved, reason, answered_at
FROM release_ops.approval;
COMMENT ON VIEW release_metrics.approval IS 'Grain: one row per seat and run. Key: run_id, seat. Fresh: as soon as the answers of a run are counted. Who approved or rejected what.';
COMMENT ON COLUMN release_metrics.approval.run_id IS 'Airflow run id of the milestone run.';
COMMENT ON COLUMN release_metrics.approval.seat IS 'Seat that was asked, unique within the run.';
COMMENT ON COLUMN release_metrics.approval.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.approval.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.approval.gate IS 'Gate that demands the approval.';
COMMENT ON COLUMN release_metrics.approval.role IS 'Role that the seat stands for.';
COMMENT ON COLUMN release_metrics.approval.user_id IS 'Airflow user who answered; null if nobody did in time.';
COMMENT ON COLUMN release_metrics.approval.approved IS 'True if approved; false if rejected or unanswered (user_id tells which).';
COMMENT ON COLUMN release_metrics.approval.reason IS 'Reason in the person''s words; may be empty.';
COMMENT ON COLUMN release_metrics.approval.answered_at IS 'When it was answered, UTC; null if nobody did.';

CREATE VIEW release_metrics.message AS
SELECT key, product, version, audience, channel_kind, subject, state, created_at, sent_at,
    sent_at - created_at AS time_to_send, error
FROM release_ops.message;
COMMENT ON VIEW release_metrics.message IS 'Grain: one row per message, audience and channel. Key: key. Fresh: as soon as a message is queued, sent or refused. Addresses and bodies stay private.';
COMMENT ON COLUMN release_metrics.message.key IS 'Key of the message: the same announcement to the same channel has the same key.';
COMMENT ON COLUMN release_metrics.message.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.message.version IS 'Version of the release; empty if the message is about no single release.';
COMMENT ON COLUMN release_metrics.message.audience IS 'Audience of the product file.';
COMMENT ON COLUMN release_metrics.message.channel_kind IS 'outbox, slack or email.';
COMMENT ON COLUMN release_metrics.message.subject IS 'Subject line; may be empty.';
COMMENT ON COLUMN release_metrics.message.state IS 'queued, sent or failed.';
COMMENT ON COLUMN release_metrics.message.created_at IS 'When it was queued, UTC.';
COMMENT ON COLUMN release_metrics.message.sent_at IS 'When the channel took it, UTC; null until then.';
COMMENT ON COLUMN release_metrics.message.time_to_send IS 'sent_at minus created_at, interval; null until sent.';
COMMENT ON COLUMN release_metrics.message.error IS 'Why the last attempt failed; empty if it did not.';

CREATE VIEW release_metrics.effect AS
SELECT key, kind, product, version, run_id, state, how, claimed_at, done_at, done_at - claimed_at AS duration
FROM release_ops.effect;
COMMENT ON VIEW release_metrics.effect IS 'Grain: one row per act on the outside world (tag, branch, release, message, ...). Key: key. Fresh: at once. An effect that stays claimed was interrupted and waits for its retry.';
COMMENT ON COLUMN release_metrics.effect.key IS 'Key of the effect; the act behind it happens once.';
COMMENT ON COLUMN release_metrics.effect.kind IS 'What it is: tag, branch, release, message, ...';
COMMENT ON COLUMN release_metrics.effect.product IS 'Id of the product; empty if it concerns none.';
COMMENT ON COLUMN release_metrics.effect.version IS 'Version of the release; empty if it concerns none.';
COMMENT ON COLUMN release_metrics.effect.run_id IS 'Airflow run that first claimed it; empty outside Airflow.';
COMMENT ON COLUMN release_metrics.effect.state IS 'claimed or done.';
COMMENT ON COLUMN release_metrics.effect.how IS 'performed by us, or adopted because the outside world had it already; null until done.';
COMMENT ON COLUMN release_metrics.effect.claimed_at IS 'When it was first claimed, UTC; stays over retries.';
COMMENT ON COLUMN release_metrics.effect.done_at IS 'When it was recorded as done, UTC; null until then.';
COMMENT ON COLUMN release_metrics.effect.duration IS 'done_at minus claimed_at, interval; includes the time between a crash and its retry; null until done.';
