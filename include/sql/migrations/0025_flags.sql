-- Feature flags given to more and more people: the ramps, what each of them wrote and why, and what people told them to do.

CREATE TABLE release_ops.flag_ramp (
    ramp text PRIMARY KEY,
    product text NOT NULL,
    flag text NOT NULL,
    environment text NOT NULL,
    attempt integer NOT NULL CHECK (attempt >= 1),
    version text NOT NULL DEFAULT '',
    engine text NOT NULL CHECK (engine IN ('flagd', 'unleash')),
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'held', 'paused', 'done', 'stopped', 'killed')),
    percent integer NOT NULL DEFAULT 0 CHECK (percent BETWEEN 0 AND 100),
    target integer NOT NULL CHECK (target BETWEEN 0 AND 100),
    detail text NOT NULL DEFAULT '',
    plan jsonb NOT NULL DEFAULT '{}',
    progress jsonb NOT NULL DEFAULT '{}',
    runs jsonb NOT NULL DEFAULT '{}',
    revision bigint NOT NULL DEFAULT 0,
    may_rebucket boolean NOT NULL DEFAULT false,
    requested_by text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    planned_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    run_id text NOT NULL DEFAULT '',
    first_run text NOT NULL DEFAULT '',
    UNIQUE (product, flag, environment, attempt),
    CHECK ((ended_at IS NULL) = (state IN ('running', 'held', 'paused')))
);
CREATE UNIQUE INDEX flag_ramp_open ON release_ops.flag_ramp (product, flag, environment) WHERE ended_at IS NULL;
COMMENT ON TABLE release_ops.flag_ramp IS 'One row per ramp of a flag in an environment, attempt by attempt; at most one of a flag and environment is open. progress is the state of its state machine, runs its analyses, revision counts its changes; run_id is the run that leads it now, first_run the one that began it.';

CREATE TABLE release_ops.flag_ramp_step (
    ramp text NOT NULL REFERENCES release_ops.flag_ramp,
    place integer NOT NULL CHECK (place >= 1),
    percent integer NOT NULL CHECK (percent BETWEEN 0 AND 100),
    planned_at timestamptz NOT NULL,
    set_at timestamptz,
    why text NOT NULL DEFAULT '',
    effect text NOT NULL DEFAULT '',
    gain double precision,
    lose double precision,
    counted text NOT NULL DEFAULT '',
    verdict text NOT NULL DEFAULT '' CHECK (verdict IN ('', 'good', 'bad', 'unknown', 'accepted')),
    verdict_at timestamptz,
    message text NOT NULL DEFAULT '',
    PRIMARY KEY (ramp, place)
);
COMMENT ON TABLE release_ops.flag_ramp_step IS 'One row per percentage that a ramp gave a flag, in their order, with what its analyses said.';

CREATE TABLE release_ops.flag_ramp_command (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ramp text NOT NULL REFERENCES release_ops.flag_ramp,
    key text NOT NULL UNIQUE,
    command text NOT NULL CHECK (command IN ('resume', 'pause', 'stop')),
    by text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    taken_at timestamptz
);
CREATE INDEX flag_ramp_command_waiting ON release_ops.flag_ramp_command (ramp) WHERE taken_at IS NULL;
COMMENT ON TABLE release_ops.flag_ramp_command IS 'One row per thing that a person told a ramp to do; the key makes it one however often it is written.';

CREATE TABLE release_ops.flag_report (
    product text NOT NULL,
    flag text NOT NULL,
    week date NOT NULL,
    made_at timestamptz NOT NULL,
    stale boolean NOT NULL,
    facts jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (product, flag, week)
);
COMMENT ON TABLE release_ops.flag_report IS 'One row per flag and week: how it stood when flag_report looked.';

CREATE VIEW release_metrics.flag_ramp AS
SELECT ramp, product, flag, environment, attempt, version, engine, state, percent / 100.0::double precision AS share,
    target / 100.0::double precision AS target_share, detail, requested_by, reason, planned_at, started_at, ended_at,
    ended_at - started_at AS duration
FROM release_ops.flag_ramp;
COMMENT ON VIEW release_metrics.flag_ramp IS 'Grain: one row per ramp of a feature flag in an environment by flag_ramp, attempt by attempt. Key: ramp. Fresh: at once.';
COMMENT ON COLUMN release_metrics.flag_ramp.ramp IS 'Id of the ramp: product, flag, environment and attempt, with colons between them.';
COMMENT ON COLUMN release_metrics.flag_ramp.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.flag_ramp.flag IS 'Key of the flag.';
COMMENT ON COLUMN release_metrics.flag_ramp.environment IS 'Environment, by the names of the product file.';
COMMENT ON COLUMN release_metrics.flag_ramp.attempt IS 'Number of the ramp of this flag in this environment, from 1.';
COMMENT ON COLUMN release_metrics.flag_ramp.version IS 'Release that the flag belongs to; empty if none.';
COMMENT ON COLUMN release_metrics.flag_ramp.engine IS 'What evaluates the flag: flagd or unleash.';
COMMENT ON COLUMN release_metrics.flag_ramp.state IS 'running, held (no data) or paused (waits for a person) while it is open; then done, stopped (by a person, the flag stays where it is) or killed (the flag was switched off).';
COMMENT ON COLUMN release_metrics.flag_ramp.share IS 'Share 0..1 of the people who count that the ramp gave the flag to last.';
COMMENT ON COLUMN release_metrics.flag_ramp.target_share IS 'Share 0..1 at which it is done.';
COMMENT ON COLUMN release_metrics.flag_ramp.detail IS 'Why it is in this state, in words; empty if there is nothing to say.';
COMMENT ON COLUMN release_metrics.flag_ramp.requested_by IS 'Who started it; empty where the calendar or a program did.';
COMMENT ON COLUMN release_metrics.flag_ramp.reason IS 'Why it was started, in the words of who did; text from outside.';
COMMENT ON COLUMN release_metrics.flag_ramp.planned_at IS 'When it was asked for, UTC.';
COMMENT ON COLUMN release_metrics.flag_ramp.started_at IS 'When it first changed the flag, UTC; null while it has not.';
COMMENT ON COLUMN release_metrics.flag_ramp.ended_at IS 'When it ended, UTC; null while it is open.';
COMMENT ON COLUMN release_metrics.flag_ramp.duration IS 'ended_at minus started_at, interval; null while it is open or if it never changed anything.';

CREATE VIEW release_metrics.flag_ramp_step AS
SELECT s.ramp, s.place, r.product, r.flag, r.environment, s.percent / 100.0::double precision AS share, s.planned_at, s.set_at, s.why,
    s.gain, s.lose, nullif(s.verdict, '') AS verdict, s.verdict_at, s.message
FROM release_ops.flag_ramp_step s
JOIN release_ops.flag_ramp r USING (ramp);
COMMENT ON VIEW release_metrics.flag_ramp_step IS 'Grain: one row per percentage that a ramp gave a flag, in their order, the steps back included. Key: ramp, place. Fresh: at once.';
COMMENT ON COLUMN release_metrics.flag_ramp_step.ramp IS 'Id of the ramp.';
COMMENT ON COLUMN release_metrics.flag_ramp_step.place IS 'Order within the ramp, from 1.';
COMMENT ON COLUMN release_metrics.flag_ramp_step.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.flag_ramp_step.flag IS 'Key of the flag.';
COMMENT ON COLUMN release_metrics.flag_ramp_step.environment IS 'Environment, by the names of the product file.';
COMMENT ON COLUMN release_metrics.flag_ramp_step.share IS 'Share 0..1 of the people who count that has the flag from then on.';
COMMENT ON COLUMN release_metrics.flag_ramp_step.planned_at IS 'When it was decided, UTC.';
COMMENT ON COLUMN release_metrics.flag_ramp_step.set_at IS 'When the engine had it, UTC; null while it has not.';
COMMENT ON COLUMN release_metrics.flag_ramp_step.why IS 'Why, in words: a step of the plan, or what went wrong.';
COMMENT ON COLUMN release_metrics.flag_ramp_step.gain IS 'Share 0..1 of a sample of users that got the flag by it; null if unknown.';
COMMENT ON COLUMN release_metrics.flag_ramp_step.lose IS 'Share 0..1 of the sample that lost it; null if unknown.';
COMMENT ON COLUMN release_metrics.flag_ramp_step.verdict IS 'What the analyses of the step said: good, bad, unknown (no data), or accepted (a person let it pass); null while it is open, and for steps back.';
COMMENT ON COLUMN release_metrics.flag_ramp_step.verdict_at IS 'When they said it, UTC; null while they have not.';
COMMENT ON COLUMN release_metrics.flag_ramp_step.message IS 'Why, in words; text from outside may be in it.';

CREATE VIEW release_metrics.flag_report AS
SELECT product, flag, week, made_at, stale, facts ->> 'owner' AS owner, facts ->> 'kind' AS kind,
    (facts ->> 'created')::date AS created_on, (facts ->> 'remove_by')::date AS remove_by,
    (facts ->> 'references')::integer AS code_references
FROM release_ops.flag_report;
COMMENT ON VIEW release_metrics.flag_report IS 'Grain: one row per feature flag and week. Key: product, flag, week. Fresh: weekly, by flag_report.';
COMMENT ON COLUMN release_metrics.flag_report.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.flag_report.flag IS 'Key of the flag.';
COMMENT ON COLUMN release_metrics.flag_report.week IS 'Monday of the week.';
COMMENT ON COLUMN release_metrics.flag_report.made_at IS 'When it was looked at last in this week, UTC.';
COMMENT ON COLUMN release_metrics.flag_report.stale IS 'True: there is a reason to remove it, or to ask about it; docs/flags.md has the rules.';
COMMENT ON COLUMN release_metrics.flag_report.owner IS 'Who decides about it.';
COMMENT ON COLUMN release_metrics.flag_report.kind IS 'release, experiment, ops or permission.';
COMMENT ON COLUMN release_metrics.flag_report.created_on IS 'Day since which it is there.';
COMMENT ON COLUMN release_metrics.flag_report.remove_by IS 'Day by which it was to be gone from the code; null: it stays.';
COMMENT ON COLUMN release_metrics.flag_report.code_references IS 'Number of lines of the product''s code that name it, at the head of the default branch; null if the code could not be read.';
