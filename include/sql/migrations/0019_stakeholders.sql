-- Who has a stake in a product, and what became of every message to them.

CREATE TABLE release_ops.stakeholder (
    product text NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    role text NOT NULL DEFAULT '',
    type text NOT NULL,
    influence smallint NOT NULL CHECK (influence BETWEEN 1 AND 5),
    interest smallint NOT NULL CHECK (interest BETWEEN 1 AND 5),
    strategy text NOT NULL CHECK (strategy IN ('manage_closely', 'keep_satisfied', 'keep_informed', 'monitor')),
    cadence text NOT NULL CHECK (cadence IN ('weekly', 'every_two_weeks', 'monthly', 'quarterly', 'never')),
    by_hand boolean NOT NULL DEFAULT false,
    reason text NOT NULL DEFAULT '',
    audience text NOT NULL DEFAULT '',
    level text NOT NULL CHECK (level IN ('executive', 'business', 'technical')),
    language text NOT NULL DEFAULT 'en',
    zone text NOT NULL,
    owner text NOT NULL DEFAULT '',
    channels jsonb NOT NULL DEFAULT '[]',
    concerns jsonb NOT NULL DEFAULT '[]',
    source text NOT NULL CHECK (source IN ('file', 'csv', 'sql')),
    known_from timestamptz NOT NULL,
    left_at timestamptz,
    PRIMARY KEY (product, id)
);
COMMENT ON TABLE release_ops.stakeholder IS 'One row per product and stakeholder of its register, as last read. Addresses and concerns are private.';

CREATE TABLE release_ops.stakeholder_message (
    key text PRIMARY KEY,
    product text NOT NULL,
    version text NOT NULL DEFAULT '',
    phase text NOT NULL,
    title text NOT NULL,
    kind text NOT NULL,
    audience text NOT NULL DEFAULT '',
    stakeholder text NOT NULL DEFAULT '',
    channel_kind text NOT NULL,
    detail text NOT NULL DEFAULT '',
    language text NOT NULL DEFAULT 'en',
    emergency boolean NOT NULL DEFAULT false,
    first_due_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    useful_until timestamptz NOT NULL,
    waits_for text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'due'
        CHECK (state IN ('due', 'held', 'sent', 'failed', 'escalated', 'lapsed', 'withdrawn')),
    why text NOT NULL DEFAULT '',
    not_before timestamptz,
    attempts smallint NOT NULL DEFAULT 0,
    error text NOT NULL DEFAULT '',
    sent_at timestamptz,
    escalated_to text NOT NULL DEFAULT '',
    escalates text NOT NULL DEFAULT '',
    place smallint NOT NULL DEFAULT 0,
    planned_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CHECK ((state = 'sent') <= (sent_at IS NOT NULL))
);
CREATE INDEX stakeholder_message_open ON release_ops.stakeholder_message (due_at) WHERE state IN ('due', 'held', 'failed');
CREATE INDEX stakeholder_message_by_release ON release_ops.stakeholder_message (product, version, due_at);
COMMENT ON TABLE release_ops.stakeholder_message IS 'One row per message that the communication matrix or a cadence asks for, and what became of it. The same key is the message of release_ops.message once it is tried.';

CREATE VIEW release_metrics.stakeholder AS
SELECT product, id AS stakeholder, type, role, influence, interest, strategy, cadence, by_hand, audience, level, language, owner,
    jsonb_array_length(channels) AS channels, jsonb_array_length(concerns) AS concerns, source, known_from, left_at
FROM release_ops.stakeholder;
COMMENT ON VIEW release_metrics.stakeholder IS 'Grain: one row per product and stakeholder. Key: product, stakeholder. Fresh: every hour. The register with its strategies; names, addresses and the words of concerns stay private.';
COMMENT ON COLUMN release_metrics.stakeholder.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.stakeholder.stakeholder IS 'Id of the stakeholder in the register; the same id in two products is the same stakeholder.';
COMMENT ON COLUMN release_metrics.stakeholder.type IS 'executive, product_manager, engineering_lead, client, end_user, vendor, investor, regulator, internal_team or partner.';
COMMENT ON COLUMN release_metrics.stakeholder.role IS 'What they are where they work; may be empty.';
COMMENT ON COLUMN release_metrics.stakeholder.influence IS '1 none to 5: how much they can change what becomes of the product.';
COMMENT ON COLUMN release_metrics.stakeholder.interest IS '1 none to 5: how much it matters to them.';
COMMENT ON COLUMN release_metrics.stakeholder.strategy IS 'manage_closely, keep_satisfied, keep_informed or monitor.';
COMMENT ON COLUMN release_metrics.stakeholder.cadence IS 'How often they hear without an occasion: weekly, every_two_weeks, monthly, quarterly or never.';
COMMENT ON COLUMN release_metrics.stakeholder.by_hand IS 'Whether strategy or cadence differ from what influence and interest ask for.';
COMMENT ON COLUMN release_metrics.stakeholder.audience IS 'Audience whose messages they get; empty if none.';
COMMENT ON COLUMN release_metrics.stakeholder.level IS 'Language of detail: executive, business or technical.';
COMMENT ON COLUMN release_metrics.stakeholder.language IS 'ISO 639 code of the language they are told in.';
COMMENT ON COLUMN release_metrics.stakeholder.owner IS 'Who looks after them, by id; empty if nobody is named.';
COMMENT ON COLUMN release_metrics.stakeholder.channels IS 'Number of channels through which they can be reached.';
COMMENT ON COLUMN release_metrics.stakeholder.concerns IS 'Number of concerns that they have stated.';
COMMENT ON COLUMN release_metrics.stakeholder.source IS 'Where the register has them from: file, csv or sql.';
COMMENT ON COLUMN release_metrics.stakeholder.known_from IS 'When they were first read, UTC.';
COMMENT ON COLUMN release_metrics.stakeholder.left_at IS 'When they were found to be no longer in the register, UTC; null while they are.';

CREATE VIEW release_metrics.stakeholder_message AS
SELECT key, product, version, phase, title, kind, audience, stakeholder, channel_kind, detail, emergency, first_due_at, due_at,
    due_at - first_due_at AS moved_by, useful_until, waits_for, state, why, not_before, attempts, error, sent_at,
    sent_at - due_at AS lateness, escalated_to, escalates, planned_at, changed_at
FROM release_ops.stakeholder_message;
COMMENT ON VIEW release_metrics.stakeholder_message IS 'Grain: one row per message that the communication matrix or a cadence asks for: per release, phase, audience and channel, or stakeholder; per stakeholder and period for digests. Key: key. Fresh: every hour, and at once after what happens to a release. What is due, was sent, failed or will not be sent; addresses stay private.';
COMMENT ON COLUMN release_metrics.stakeholder_message.key IS 'Key of the message: the same occasion for the same audience and channel, or stakeholder, has the same key, whatever its date. release_metrics.message has the same key once it was tried.';
COMMENT ON COLUMN release_metrics.stakeholder_message.product IS 'Id of the product; * for a digest of several.';
COMMENT ON COLUMN release_metrics.stakeholder_message.version IS 'Version of the release; empty for a digest.';
COMMENT ON COLUMN release_metrics.stakeholder_message.phase IS 'Row of the communication matrix, digest for what a cadence brings, escalation for what nobody else could be told.';
COMMENT ON COLUMN release_metrics.stakeholder_message.title IS 'What people call the phase.';
COMMENT ON COLUMN release_metrics.stakeholder_message.kind IS 'Kind of message, such as brief, completed or update.';
COMMENT ON COLUMN release_metrics.stakeholder_message.audience IS 'Audience whose words it has; empty for a digest to somebody who is in none.';
COMMENT ON COLUMN release_metrics.stakeholder_message.stakeholder IS 'Id of the stakeholder; empty for what goes to the audience as a whole.';
COMMENT ON COLUMN release_metrics.stakeholder_message.channel_kind IS 'outbox, slack or email: the channel that is tried, or took it.';
COMMENT ON COLUMN release_metrics.stakeholder_message.detail IS 'How much it says, such as summary or detailed; empty: as the audience usually has it.';
COMMENT ON COLUMN release_metrics.stakeholder_message.emergency IS 'Whether it waits for nobody''s hours.';
COMMENT ON COLUMN release_metrics.stakeholder_message.first_due_at IS 'When it was due when it was first planned, UTC.';
COMMENT ON COLUMN release_metrics.stakeholder_message.due_at IS 'When it is due by the calendar as it is now, UTC; of what was sent, as it was then.';
COMMENT ON COLUMN release_metrics.stakeholder_message.moved_by IS 'due_at minus first_due_at, interval.';
COMMENT ON COLUMN release_metrics.stakeholder_message.useful_until IS 'Later than this it is not sent, UTC.';
COMMENT ON COLUMN release_metrics.stakeholder_message.waits_for IS 'What has to happen first: started, completed, failed or rolled_back; empty if nothing.';
COMMENT ON COLUMN release_metrics.stakeholder_message.state IS 'due, held (see why), sent, failed (is tried again), escalated (somebody else was told instead), lapsed (too late to be useful) or withdrawn (no longer asked for).';
COMMENT ON COLUMN release_metrics.stakeholder_message.why IS 'Why it is held, lapsed or withdrawn, in words; empty otherwise.';
COMMENT ON COLUMN release_metrics.stakeholder_message.not_before IS 'When a held or failed one is tried next, UTC; null if nobody knows, or it is neither.';
COMMENT ON COLUMN release_metrics.stakeholder_message.attempts IS 'How often sending failed.';
COMMENT ON COLUMN release_metrics.stakeholder_message.error IS 'What the last failure said; empty without one.';
COMMENT ON COLUMN release_metrics.stakeholder_message.sent_at IS 'When the channel took it, UTC; null until then.';
COMMENT ON COLUMN release_metrics.stakeholder_message.lateness IS 'sent_at minus due_at, interval; null until sent.';
COMMENT ON COLUMN release_metrics.stakeholder_message.escalated_to IS 'Key of the message that was sent instead, by another channel or to the owner; empty without one.';
COMMENT ON COLUMN release_metrics.stakeholder_message.escalates IS 'Key of the message that this one stands in for; empty if it stands for itself.';
COMMENT ON COLUMN release_metrics.stakeholder_message.planned_at IS 'When it was first planned, UTC.';
COMMENT ON COLUMN release_metrics.stakeholder_message.changed_at IS 'When the row last changed, UTC.';
