-- What news means for whom, and the concerns that stakeholders raise with their answers.

CREATE TABLE release_ops.expectation_event (
    product text NOT NULL,
    version text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('slip', 'scope', 'incident')),
    event text NOT NULL,
    title text NOT NULL DEFAULT '',
    happened_at timestamptz NOT NULL,
    old_on date,
    new_on date,
    features jsonb NOT NULL DEFAULT '[]',
    milestones jsonb NOT NULL DEFAULT '[]',
    severity text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    untouched integer NOT NULL DEFAULT 0,
    planned_at timestamptz NOT NULL,
    PRIMARY KEY (product, version, kind, event)
);
COMMENT ON TABLE release_ops.expectation_event IS 'One row per slip, change of scope or incident for which was worked out whom it touches.';

CREATE TABLE release_ops.expectation (
    product text NOT NULL,
    version text NOT NULL,
    kind text NOT NULL,
    event text NOT NULL,
    party text NOT NULL,
    is_person boolean NOT NULL,
    name text NOT NULL,
    audience text NOT NULL DEFAULT '',
    strategy text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    owner text NOT NULL DEFAULT '',
    why jsonb NOT NULL DEFAULT '[]',
    answers jsonb NOT NULL DEFAULT '[]',
    stated integer NOT NULL DEFAULT 0,
    next_contact_on date NOT NULL,
    told_at timestamptz,
    told_by text NOT NULL DEFAULT '',
    error text NOT NULL DEFAULT '',
    PRIMARY KEY (product, version, kind, event, is_person, party)
);
CREATE INDEX expectation_untold ON release_ops.expectation (product) WHERE told_at IS NULL;
COMMENT ON TABLE release_ops.expectation IS 'One row per event and stakeholder or audience that it touches: how, and when they were told. The words of their concerns are private.';

CREATE TABLE release_ops.concern (
    id text PRIMARY KEY,
    product text NOT NULL,
    version text NOT NULL DEFAULT '',
    stakeholder text NOT NULL,
    topic text NOT NULL DEFAULT 'other',
    text text NOT NULL,
    received_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL CHECK (due_at > received_at),
    owner text NOT NULL DEFAULT '',
    answer text NOT NULL DEFAULT '',
    answered_at timestamptz CHECK (answered_at >= received_at),
    answered_by text NOT NULL DEFAULT '',
    told_at timestamptz,
    reminders integer NOT NULL DEFAULT 0,
    CHECK ((answered_at IS NULL) = (answer = ''))
);
CREATE INDEX concern_open ON release_ops.concern (due_at) WHERE answered_at IS NULL;
COMMENT ON TABLE release_ops.concern IS 'One row per concern that a stakeholder raised. Its text and answer are private.';

CREATE VIEW release_metrics.stakeholder_concern AS
SELECT id AS concern, product, version, stakeholder, topic, received_at, due_at, due_at - received_at AS time_allowed, owner,
    answered_at, answered_at - received_at AS time_to_answer, answered_at <= due_at AS in_time, answered_by, reminders,
    told_at AS last_reminder_at
FROM release_ops.concern;
COMMENT ON VIEW release_metrics.stakeholder_concern IS 'Grain: one row per concern that a stakeholder raised. Key: concern. Fresh: at once when one is registered or answered. How soon concerns are answered; their words stay private.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.concern IS 'Id of the concern; the same text of the same stakeholder and time has the same id.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.version IS 'Release that it is about; empty: none in particular.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.stakeholder IS 'Id of who raised it, as in release_metrics.stakeholder.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.topic IS 'date, scope, quality, cost, security, availability, compliance, upgrade or other.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.received_at IS 'When it was received, UTC.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.due_at IS 'By when it has to be answered, UTC, by the policy at the time it was registered.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.time_allowed IS 'due_at minus received_at, interval; longer than the policy says where only business hours count.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.owner IS 'Who answers it, by id; empty if nobody is named.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.answered_at IS 'When it was answered, UTC; null while it is open.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.time_to_answer IS 'answered_at minus received_at, interval; null while it is open.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.in_time IS 'Whether the answer came by due_at; null while it is open, also when it is overdue.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.answered_by IS 'Who answered it, by id; empty while it is open.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.reminders IS 'How often its owner was told that it is overdue.';
COMMENT ON COLUMN release_metrics.stakeholder_concern.last_reminder_at IS 'When its owner was told last, UTC; null: never.';

CREATE VIEW release_metrics.expectation AS
SELECT x.product, x.version, x.kind, x.event, x.party, x.is_person, x.audience, x.strategy, x.owner, e.happened_at, e.planned_at,
    e.old_on, e.new_on, e.severity, jsonb_array_length(x.answers) AS topics, x.stated, x.next_contact_on, x.told_at, x.told_by,
    x.told_at - e.happened_at AS time_to_tell
FROM release_ops.expectation x
JOIN release_ops.expectation_event e USING (product, version, kind, event);
COMMENT ON VIEW release_metrics.expectation IS 'Grain: one row per slip, change of scope or incident and stakeholder or audience that it touches. Key: product, version, kind, event, is_person, party. Fresh: every hour. Whom news touched, and how soon they were told; the words of concerns stay private.';
COMMENT ON COLUMN release_metrics.expectation.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.expectation.version IS 'Version of the release that it is about.';
COMMENT ON COLUMN release_metrics.expectation.kind IS 'slip, scope or incident.';
COMMENT ON COLUMN release_metrics.expectation.event IS 'Id of the event: the instant at which a slip was noticed, a digest of the features, or the id of the incident.';
COMMENT ON COLUMN release_metrics.expectation.party IS 'Id of the stakeholder, or name of the audience.';
COMMENT ON COLUMN release_metrics.expectation.is_person IS 'True: party is a stakeholder; false: an audience as a whole.';
COMMENT ON COLUMN release_metrics.expectation.audience IS 'Audience whose words the party reads; empty if it is in none.';
COMMENT ON COLUMN release_metrics.expectation.strategy IS 'manage_closely, keep_satisfied, keep_informed or monitor.';
COMMENT ON COLUMN release_metrics.expectation.owner IS 'Who looks after the party, by id; empty if nobody is named.';
COMMENT ON COLUMN release_metrics.expectation.happened_at IS 'When the event was noticed or began, UTC.';
COMMENT ON COLUMN release_metrics.expectation.planned_at IS 'When was worked out whom it touches, UTC.';
COMMENT ON COLUMN release_metrics.expectation.old_on IS 'Of a slip, the date before; null of others.';
COMMENT ON COLUMN release_metrics.expectation.new_on IS 'Of a slip, the date after; null of others.';
COMMENT ON COLUMN release_metrics.expectation.severity IS 'Of an incident; empty if unknown, and of others.';
COMMENT ON COLUMN release_metrics.expectation.topics IS 'Number of topics that the party is answered.';
COMMENT ON COLUMN release_metrics.expectation.stated IS 'Number of these that the party itself has stated as concerns; the others readers like it usually ask about.';
COMMENT ON COLUMN release_metrics.expectation.next_contact_on IS 'Day by which the party hears again, by its strategy.';
COMMENT ON COLUMN release_metrics.expectation.told_at IS 'When the party was told, UTC; null while it was not.';
COMMENT ON COLUMN release_metrics.expectation.told_by IS 'message: one of its own; announcement: that of the slip to its audience; audience: the one to its audience, where it has no channel of its own. Empty while it was not told.';
COMMENT ON COLUMN release_metrics.expectation.time_to_tell IS 'told_at minus happened_at, interval; null while it was not told.';
