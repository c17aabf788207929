-- Surveys: who was asked, and what was answered, without anything that leads from one to the other (docs/surveys.md).

CREATE TABLE release_ops.survey_round (
    round text PRIMARY KEY,
    id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    product text NOT NULL,
    survey text NOT NULL,
    occasion text NOT NULL,
    version text NOT NULL DEFAULT '',
    kind text NOT NULL CHECK (kind IN ('nps', 'csat', 'ces')),
    title text NOT NULL,
    source text NOT NULL CHECK (source IN ('page', 'csv')),
    state text NOT NULL CHECK (state IN ('open', 'closed', 'skipped')),
    reason text NOT NULL DEFAULT '',
    scale_low smallint NOT NULL,
    scale_high smallint NOT NULL CHECK (scale_high > scale_low),
    minimum smallint NOT NULL CHECK (minimum >= 2),
    people integer CHECK (people >= 0),
    resting integer CHECK (resting >= 0),
    opted_out integer CHECK (opted_out >= 0),
    texts jsonb NOT NULL DEFAULT '{}',
    key text NOT NULL DEFAULT '',
    opened_at timestamptz NOT NULL,
    remind_at timestamptz,
    closes_at timestamptz NOT NULL CHECK (closes_at >= opened_at),
    reminded_at timestamptz,
    closed_at timestamptz,
    UNIQUE (product, survey, occasion),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
CREATE INDEX survey_round_open ON release_ops.survey_round (closes_at) WHERE state = 'open';
COMMENT ON TABLE release_ops.survey_round IS 'One row per time that a survey is held. round is product:survey:occasion, occasion 2026-11, 2026-Q4 or the version. source: page (asked and answered here) or csv (brought from another tool). state skipped: nobody was asked, reason says why. people: who belonged to its audiences, of whom resting were asked lately and opted_out want no more; null: unknown. minimum: answers below which a group is not told. texts: what its page says, by language. key: which secret its links are made with; empty for an import. Answers are there from closed_at on.';

CREATE TABLE release_ops.survey_group (
    round text NOT NULL REFERENCES release_ops.survey_round ON DELETE CASCADE,
    place smallint NOT NULL CHECK (place BETWEEN 0 AND 255),
    audience text NOT NULL,
    invited integer CHECK (invited >= 0),
    PRIMARY KEY (round, place),
    UNIQUE (round, audience)
);
COMMENT ON TABLE release_ops.survey_group IS 'One row per group of a round that answers are told apart by: an audience, or * for those of all audiences with fewer invited people than the round''s minimum. invited: how many people; null: unknown (an import).';

CREATE TABLE release_ops.survey_invitation (
    round text NOT NULL REFERENCES release_ops.survey_round ON DELETE CASCADE,
    person text NOT NULL,
    id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    channel text NOT NULL CHECK (channel IN ('email', 'slack', 'outbox')),
    address text NOT NULL,
    audience text NOT NULL,
    place smallint NOT NULL,
    language text NOT NULL,
    invited_at timestamptz,
    reminded_at timestamptz,
    error text NOT NULL DEFAULT '',
    PRIMARY KEY (round, person),
    FOREIGN KEY (round, place) REFERENCES release_ops.survey_group (round, place) ON DELETE CASCADE
);
CREATE INDEX survey_invitation_person ON release_ops.survey_invitation (person, invited_at);
COMMENT ON TABLE release_ops.survey_invitation IS 'One row per person who is asked in a round. person is the address in lower case. It holds no token, no hash of one, and not whether the person answered. invited_at, reminded_at: when the channel took the message; null: not yet. error: what the channel said last.';

CREATE TABLE release_ops.survey_opt_out (
    person text PRIMARY KEY,
    on_day date NOT NULL
);
COMMENT ON TABLE release_ops.survey_opt_out IS 'One row per person who wants to be asked no more, in no survey of any product.';

-- The ballot box of the open rounds. Both tables are emptied of a round when it closes.
CREATE TABLE release_ops.survey_spent (
    round text NOT NULL,
    token bytea NOT NULL CHECK (octet_length(token) = 32),
    form bytea NOT NULL CHECK (octet_length(form) = 16),
    PRIMARY KEY (round, token)
);
COMMENT ON TABLE release_ops.survey_spent IS 'One row per link that was used in an open round, as a keyed hash whose key is not in the database; form tells a repeated sending of the same form from a second use. Gone when the round closes.';

CREATE TABLE release_ops.survey_sealed (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    round text NOT NULL,
    is_mixed boolean NOT NULL DEFAULT false,
    sealed bytea NOT NULL
);
CREATE INDEX survey_sealed_round ON release_ops.survey_sealed (round, is_mixed);
-- What it holds is encrypted and would only cost time to compress.
ALTER TABLE release_ops.survey_sealed ALTER COLUMN sealed SET STORAGE EXTERNAL;
COMMENT ON TABLE release_ops.survey_sealed IS 'One row per answer in an open round, encrypted with a key that is not in the database, all of the same size. is_mixed: it was sealed anew together with at least minimum - 1 others, in random order. Gone when the round closes.';

CREATE TABLE release_ops.survey_answer (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    round text NOT NULL REFERENCES release_ops.survey_round ON DELETE CASCADE,
    audience text NOT NULL,
    score smallint NOT NULL,
    comment text NOT NULL DEFAULT '',
    wave smallint CHECK (wave IN (1, 2))
);
CREATE INDEX survey_answer_round ON release_ops.survey_answer (round);
COMMENT ON TABLE release_ops.survey_answer IS 'One row per answer of a closed round: all of them written at once, in random order, under random ids, without a time. audience is that of release_ops.survey_group. wave: 1 given before the reminder, 2 after it; null where either has fewer answers than the round''s minimum, or is not known.';
