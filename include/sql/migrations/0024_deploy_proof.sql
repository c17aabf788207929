-- What was looked at after a deployment, and the rehearsals of the way back.

CREATE TABLE release_ops.validation (
    rollout text NOT NULL,
    item text NOT NULL,
    product text NOT NULL,
    version text NOT NULL,
    environment text NOT NULL,
    phase text NOT NULL CHECK (phase IN ('immediate', 'extended', 'business')),
    title text NOT NULL,
    kind text NOT NULL,
    critical boolean NOT NULL DEFAULT false,
    due_at timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('pass', 'fail', 'unknown')),
    checked_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 1 CHECK (attempts >= 1),
    observed text NOT NULL DEFAULT '',
    expected text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    answered_by text NOT NULL DEFAULT '',
    run_id text NOT NULL DEFAULT '',
    PRIMARY KEY (rollout, item)
);
CREATE INDEX validation_by_product ON release_ops.validation (product, environment, due_at);
COMMENT ON TABLE release_ops.validation IS 'One row per rollout and item of its validation lists that was looked at: what the last look said.';

CREATE TABLE release_ops.rehearsal (
    product text NOT NULL,
    environment text NOT NULL,
    rehearsed_at timestamptz NOT NULL,
    version text NOT NULL DEFAULT '',
    previous_version text NOT NULL DEFAULT '',
    driver text NOT NULL DEFAULT '',
    passed boolean NOT NULL,
    ended_at timestamptz NOT NULL,
    detail text NOT NULL DEFAULT '',
    evidence jsonb NOT NULL DEFAULT '{}',
    run_id text NOT NULL DEFAULT '',
    PRIMARY KEY (product, environment, rehearsed_at),
    CHECK (ended_at >= rehearsed_at)
);
COMMENT ON TABLE release_ops.rehearsal IS 'One row per time that the way back of an environment was rehearsed.';

CREATE VIEW release_metrics.validation AS
SELECT rollout, item, product, version, environment, phase, title, kind, critical, due_at, outcome, checked_at,
    checked_at - due_at AS delay, attempts, observed, expected, answered_by
FROM release_ops.validation;
COMMENT ON VIEW release_metrics.validation IS 'Grain: one row per rollout and item of its validation lists that was looked at. Key: rollout, item. Fresh: at once. What was found after deployments.';
COMMENT ON COLUMN release_metrics.validation.rollout IS 'Id of the rollout, as in release_metrics.rollout.';
COMMENT ON COLUMN release_metrics.validation.item IS 'Id of the item: its list and its place there.';
COMMENT ON COLUMN release_metrics.validation.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.validation.version IS 'Version that was deployed.';
COMMENT ON COLUMN release_metrics.validation.environment IS 'Environment.';
COMMENT ON COLUMN release_metrics.validation.phase IS 'The list: immediate, extended or business.';
COMMENT ON COLUMN release_metrics.validation.title IS 'The statement that must be true.';
COMMENT ON COLUMN release_metrics.validation.kind IS 'Who looks: prometheus, sql, analysis, http, command or human.';
COMMENT ON COLUMN release_metrics.validation.critical IS 'True: its failure asks for the way back.';
COMMENT ON COLUMN release_metrics.validation.due_at IS 'When it was due, UTC.';
COMMENT ON COLUMN release_metrics.validation.outcome IS 'pass, fail, or unknown: nobody could find out, or nobody answered.';
COMMENT ON COLUMN release_metrics.validation.checked_at IS 'When it was looked at last, UTC.';
COMMENT ON COLUMN release_metrics.validation.delay IS 'checked_at minus due_at, interval; it grows with every further look.';
COMMENT ON COLUMN release_metrics.validation.attempts IS 'How often it was looked at.';
COMMENT ON COLUMN release_metrics.validation.observed IS 'What was found; text from outside.';
COMMENT ON COLUMN release_metrics.validation.expected IS 'What was to be found.';
COMMENT ON COLUMN release_metrics.validation.answered_by IS 'Id of who said so; empty where a machine looked, or nobody answered.';

CREATE VIEW release_metrics.rehearsal AS
SELECT product, environment, rehearsed_at, version, previous_version, driver, passed, ended_at - rehearsed_at AS duration, detail,
    row_number() OVER (PARTITION BY product, environment ORDER BY rehearsed_at DESC) = 1 AS latest
FROM release_ops.rehearsal;
COMMENT ON VIEW release_metrics.rehearsal IS 'Grain: one row per time that the way back of an environment was rehearsed. Key: product, environment, rehearsed_at. Fresh: at once.';
COMMENT ON COLUMN release_metrics.rehearsal.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.rehearsal.environment IS 'Environment.';
COMMENT ON COLUMN release_metrics.rehearsal.rehearsed_at IS 'When it began, UTC.';
COMMENT ON COLUMN release_metrics.rehearsal.version IS 'Version that was live there; empty if unknown.';
COMMENT ON COLUMN release_metrics.rehearsal.previous_version IS 'Version that the way back would have led to; empty if there was none.';
COMMENT ON COLUMN release_metrics.rehearsal.driver IS 'What deploys there: command, gitops or github.';
COMMENT ON COLUMN release_metrics.rehearsal.passed IS 'Whether the way back was shown to work; false also where that could not be found out.';
COMMENT ON COLUMN release_metrics.rehearsal.duration IS 'How long the rehearsal took, interval.';
COMMENT ON COLUMN release_metrics.rehearsal.detail IS 'Why it did not pass, in words; text from outside. Empty if it did.';
COMMENT ON COLUMN release_metrics.rehearsal.latest IS 'True for the last one of this product and environment.';
