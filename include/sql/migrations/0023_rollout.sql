-- Deployments in steps: rollouts with their state, what happened in them, what was measured, and what people told them to do.

CREATE TABLE release_ops.rollout (
    rollout text PRIMARY KEY,
    product text NOT NULL,
    version text NOT NULL,
    environment text NOT NULL,
    attempt integer NOT NULL CHECK (attempt >= 1),
    kind text NOT NULL DEFAULT 'release' CHECK (kind IN ('release', 'hotfix', 'rollback', 'rehearsal')),
    strategy text NOT NULL,
    driver text NOT NULL,
    ref text NOT NULL DEFAULT '',
    commit text NOT NULL DEFAULT '',
    previous_version text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'planned' CHECK (
        state IN ('planned', 'running', 'paused', 'held', 'rolling_back', 'promoted', 'rolled_back', 'aborted', 'failed')
    ),
    weight integer NOT NULL DEFAULT 0 CHECK (weight BETWEEN 0 AND 100),
    step integer NOT NULL DEFAULT 0,
    detail text NOT NULL DEFAULT '',
    plan jsonb NOT NULL DEFAULT '{}',
    progress jsonb NOT NULL DEFAULT '{}',
    revision bigint NOT NULL DEFAULT 0,
    told integer NOT NULL DEFAULT 0,
    asked text NOT NULL DEFAULT '',
    requested_by text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    planned_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at timestamptz,
    run_id text NOT NULL DEFAULT '',
    dag_id text NOT NULL DEFAULT '',
    UNIQUE (product, version, environment, attempt),
    CHECK ((ended_at IS NULL) = (state IN ('planned', 'running', 'paused', 'held', 'rolling_back')))
);
CREATE UNIQUE INDEX rollout_open ON release_ops.rollout (product, environment) WHERE ended_at IS NULL;
CREATE INDEX rollout_of_run ON release_ops.rollout (run_id, dag_id);
CREATE INDEX rollout_by_time ON release_ops.rollout (product, environment, planned_at);
COMMENT ON TABLE release_ops.rollout IS 'One row per deployment of a version to an environment, attempt by attempt; at most one of a product and environment is open. progress is the state of its state machine, revision counts its changes, told is the place of the last event that was recorded and announced, asked the task instance that waits for an answer.';

CREATE TABLE release_ops.rollout_event (
    rollout text NOT NULL REFERENCES release_ops.rollout,
    place integer NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (
        kind IN ('step', 'weight', 'analysis', 'hold', 'resume', 'promote', 'abort', 'rollback', 'verify', 'incident', 'validation')
    ),
    detail jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (rollout, place)
);
COMMENT ON TABLE release_ops.rollout_event IS 'Append only: one row per thing that happened in a rollout, in order of place.';

CREATE TABLE release_ops.measurement (
    subject_kind text NOT NULL CHECK (subject_kind IN ('rollout', 'flag_ramp')),
    subject text NOT NULL,
    run text NOT NULL,
    analysis text NOT NULL,
    metric text NOT NULL,
    started_at timestamptz NOT NULL,
    product text NOT NULL DEFAULT '',
    environment text NOT NULL DEFAULT '',
    value double precision,
    result jsonb NOT NULL DEFAULT '[]',
    sample double precision,
    phase text NOT NULL,
    message text NOT NULL DEFAULT '',
    dry_run boolean NOT NULL DEFAULT false,
    PRIMARY KEY (subject_kind, subject, run, metric, started_at)
);
COMMENT ON TABLE release_ops.measurement IS 'One row per measurement of a metric of an analysis, of a rollout or of a flag''s ramp.';

CREATE TABLE release_ops.rollout_command (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rollout text NOT NULL REFERENCES release_ops.rollout,
    key text NOT NULL UNIQUE,
    command text NOT NULL CHECK (command IN ('promote', 'hold', 'resume', 'abort', 'retry')),
    by text NOT NULL,
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    taken_at timestamptz
);
CREATE INDEX rollout_command_waiting ON release_ops.rollout_command (rollout) WHERE taken_at IS NULL;
COMMENT ON TABLE release_ops.rollout_command IS 'One row per thing that a person told a rollout to do; the key makes it one however often it is written.';

CREATE VIEW release_metrics.rollout AS
SELECT rollout, product, version, environment, attempt, kind, strategy, driver, ref, commit, previous_version, state, weight, detail,
    requested_by, reason, planned_at, started_at, ended_at, ended_at - started_at AS duration, started_at - planned_at AS time_to_start,
    (SELECT min(e.at) FROM release_ops.rollout_event e WHERE e.rollout = r.rollout AND e.kind = 'hold') AS first_held_at,
    (SELECT min(e.at) FROM release_ops.rollout_event e WHERE e.rollout = r.rollout AND e.kind = 'rollback') AS rollback_began_at
FROM release_ops.rollout r;
COMMENT ON VIEW release_metrics.rollout IS 'Grain: one row per deployment of a version to an environment by release_deploy, attempt by attempt. Key: rollout. Fresh: at once.';
COMMENT ON COLUMN release_metrics.rollout.rollout IS 'Id of the rollout: product, version, environment and attempt, with colons between them.';
COMMENT ON COLUMN release_metrics.rollout.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.rollout.version IS 'Version that is deployed.';
COMMENT ON COLUMN release_metrics.rollout.environment IS 'Environment, by the names of the product file.';
COMMENT ON COLUMN release_metrics.rollout.attempt IS 'Number of the attempt to bring this version there, from 1.';
COMMENT ON COLUMN release_metrics.rollout.kind IS 'release, hotfix, rollback or rehearsal.';
COMMENT ON COLUMN release_metrics.rollout.strategy IS 'rolling, blue-green, canary or recreate.';
COMMENT ON COLUMN release_metrics.rollout.driver IS 'What deploys: command, gitops or github.';
COMMENT ON COLUMN release_metrics.rollout.ref IS 'Tag that is deployed; empty if unknown.';
COMMENT ON COLUMN release_metrics.rollout.commit IS 'Commit that is deployed; empty if unknown.';
COMMENT ON COLUMN release_metrics.rollout.previous_version IS 'Version that was live before and that the way back leads to; empty at the first deployment.';
COMMENT ON COLUMN release_metrics.rollout.state IS 'planned, running, paused, held or rolling_back while it is open; then promoted, rolled_back, aborted (ended before it changed anything, or where there was no version to go back to) or failed (the way back did not succeed).';
COMMENT ON COLUMN release_metrics.rollout.weight IS 'Percent (0 to 100) of the users that have the new version.';
COMMENT ON COLUMN release_metrics.rollout.detail IS 'Why it is in this state, in words; empty if there is nothing to say.';
COMMENT ON COLUMN release_metrics.rollout.requested_by IS 'Who started it; empty where the calendar or an environment before it did.';
COMMENT ON COLUMN release_metrics.rollout.reason IS 'Why it was started, in the words of who did; text from outside.';
COMMENT ON COLUMN release_metrics.rollout.planned_at IS 'When it was planned, UTC.';
COMMENT ON COLUMN release_metrics.rollout.started_at IS 'When it first changed something, UTC; null while it has not.';
COMMENT ON COLUMN release_metrics.rollout.ended_at IS 'When it ended, UTC; null while it is open.';
COMMENT ON COLUMN release_metrics.rollout.duration IS 'ended_at minus started_at, interval; null while it is open or if it never changed anything.';
COMMENT ON COLUMN release_metrics.rollout.time_to_start IS 'started_at minus planned_at, interval: gate, approvals and window; null before it started.';
COMMENT ON COLUMN release_metrics.rollout.first_held_at IS 'When it was first held, UTC; null: never.';
COMMENT ON COLUMN release_metrics.rollout.rollback_began_at IS 'When the way back began, UTC; null: it never did.';

CREATE VIEW release_metrics.rollout_event AS
SELECT e.rollout, e.place, r.product, r.version, r.environment, e.at, e.kind, e.detail ->> 'text' AS text, e.detail ->> 'by' AS by
FROM release_ops.rollout_event e
JOIN release_ops.rollout r USING (rollout);
COMMENT ON VIEW release_metrics.rollout_event IS 'Grain: one row per thing that happened in a rollout. Key: rollout, place. Fresh: at once.';
COMMENT ON COLUMN release_metrics.rollout_event.rollout IS 'Id of the rollout.';
COMMENT ON COLUMN release_metrics.rollout_event.place IS 'Order within the rollout, from 1.';
COMMENT ON COLUMN release_metrics.rollout_event.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.rollout_event.version IS 'Version that is deployed.';
COMMENT ON COLUMN release_metrics.rollout_event.environment IS 'Environment, by the names of the product file.';
COMMENT ON COLUMN release_metrics.rollout_event.at IS 'When, UTC.';
COMMENT ON COLUMN release_metrics.rollout_event.kind IS 'step, weight, analysis, hold, resume, promote, abort, rollback, verify, incident or validation.';
COMMENT ON COLUMN release_metrics.rollout_event.text IS 'What happened, in words; text from outside may be in it.';
COMMENT ON COLUMN release_metrics.rollout_event.by IS 'Who did it; null where the rollout did it by itself.';

CREATE VIEW release_metrics.measurement AS
SELECT subject_kind, subject, run, analysis, metric, started_at, product, environment, value, sample, phase, message, dry_run
FROM release_ops.measurement;
COMMENT ON VIEW release_metrics.measurement IS 'Grain: one row per measurement of a metric by an analysis. Key: subject_kind, subject, run, metric, started_at. Fresh: at once.';
COMMENT ON COLUMN release_metrics.measurement.subject_kind IS 'What was judged: rollout or flag_ramp.';
COMMENT ON COLUMN release_metrics.measurement.subject IS 'Id of the rollout, or of the ramp.';
COMMENT ON COLUMN release_metrics.measurement.run IS 'Which run of the analysis within the subject: its step, its try and its name.';
COMMENT ON COLUMN release_metrics.measurement.analysis IS 'Name of the analysis in the product file.';
COMMENT ON COLUMN release_metrics.measurement.metric IS 'Name of the metric in the analysis.';
COMMENT ON COLUMN release_metrics.measurement.started_at IS 'When it was measured, UTC.';
COMMENT ON COLUMN release_metrics.measurement.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.measurement.environment IS 'Environment that was measured.';
COMMENT ON COLUMN release_metrics.measurement.value IS 'What was measured, in the unit of its query; null: no data, or an error.';
COMMENT ON COLUMN release_metrics.measurement.sample IS 'Size of the sample that it stands on, by the query of the minimum sample; null where none is asked for.';
COMMENT ON COLUMN release_metrics.measurement.phase IS 'What it says: Successful, Failed, Error or Inconclusive.';
COMMENT ON COLUMN release_metrics.measurement.message IS 'Why, in words; text from outside may be in it.';
COMMENT ON COLUMN release_metrics.measurement.dry_run IS 'True: it does not count for the verdict.';
