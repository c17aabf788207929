-- Reviews after releases, the action items that come from them, and where the time of releases went.

CREATE TABLE release_ops.retrospective (
    product text NOT NULL,
    version text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('release', 'support_end', 'hotfix')),
    due_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    made_at timestamptz,
    held_at timestamptz,
    held_by text NOT NULL DEFAULT '',
    status text CHECK (status IN ('green', 'yellow', 'red', 'unknown')),
    facts jsonb,
    PRIMARY KEY (product, version, kind),
    CHECK ((made_at IS NULL) = (facts IS NULL) AND (made_at IS NULL) = (status IS NULL))
);
CREATE INDEX retrospective_open ON release_ops.retrospective (due_at) WHERE held_at IS NULL;
COMMENT ON TABLE release_ops.retrospective IS 'One row per review of a release: when it is due, what it says (facts, docs/reviews.md) and when the meeting was held.';

CREATE TABLE release_ops.action_item (
    product text NOT NULL,
    version text NOT NULL,
    id text NOT NULL CHECK (id <> ''),
    kind text NOT NULL CHECK (kind IN ('release', 'support_end', 'hotfix')),
    text text NOT NULL CHECK (text <> ''),
    owner text NOT NULL DEFAULT '',
    due_on date NOT NULL,
    state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'open', 'done', 'dropped')),
    created_at timestamptz NOT NULL,
    decided_at timestamptz,
    closed_at timestamptz,
    closed_by text NOT NULL DEFAULT '',
    source text NOT NULL CHECK (source IN ('rule', 'optimiser', 'form', 'command')),
    why text NOT NULL DEFAULT '',
    evidence text NOT NULL DEFAULT '',
    measure text NOT NULL DEFAULT '',
    value double precision,
    gain_days double precision,
    told_at timestamptz,
    reminders integer NOT NULL DEFAULT 0,
    PRIMARY KEY (product, version, id),
    CHECK ((closed_at IS NULL) = (state IN ('proposed', 'open'))),
    CHECK (state NOT IN ('done', 'dropped') OR evidence <> '')
);
CREATE INDEX action_item_open ON release_ops.action_item (due_on) WHERE state = 'open';
COMMENT ON TABLE release_ops.action_item IS 'One row per action item of a review: proposed by a rule or the optimiser, or written by people; with its owner and day, until it is closed with evidence.';

CREATE TABLE release_ops.process_time (
    product text NOT NULL,
    version text NOT NULL,
    category text NOT NULL CHECK (category IN ('planning', 'development', 'testing', 'documentation', 'coordination', 'deployment')),
    part text NOT NULL,
    spent interval NOT NULL CHECK (spent >= interval '0'),
    on_path interval NOT NULL CHECK (on_path >= interval '0'),
    computed_at timestamptz NOT NULL,
    PRIMARY KEY (product, version, category, part)
);
COMMENT ON TABLE release_ops.process_time IS 'One row per release and part of its time from opening to GA, as domain/process_time.py counts it.';

CREATE VIEW release_metrics.retrospective AS
SELECT product, version, kind, due_at, created_at, made_at, held_at, held_at <= due_at AS in_time, status,
    jsonb_array_length(facts -> 'worked') AS worked, jsonb_array_length(facts -> 'did_not') AS did_not,
    CASE WHEN facts IS NOT NULL THEN
        (SELECT count(*) FROM jsonb_array_elements(facts -> 'objectives') AS o WHERE o ->> 'outcome' = 'met')
    END AS objectives_met,
    CASE WHEN facts IS NOT NULL THEN
        (SELECT count(*) FROM jsonb_array_elements(facts -> 'objectives') AS o WHERE o ->> 'outcome' = 'missed')
    END AS objectives_missed
FROM release_ops.retrospective;
COMMENT ON VIEW release_metrics.retrospective IS 'Grain: one row per review of a release. Key: product, version, kind. Fresh: daily, with every run of release_review; held_at as soon as somebody says so. When releases were looked back on, and how they stood against their objectives.';
COMMENT ON COLUMN release_metrics.retrospective.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.retrospective.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.retrospective.kind IS 'release (some days after GA), support_end or hotfix.';
COMMENT ON COLUMN release_metrics.retrospective.due_at IS 'By when the meeting is to be held, UTC.';
COMMENT ON COLUMN release_metrics.retrospective.created_at IS 'When it was scheduled, UTC.';
COMMENT ON COLUMN release_metrics.retrospective.made_at IS 'When its document was made last, UTC; null until then.';
COMMENT ON COLUMN release_metrics.retrospective.held_at IS 'When the meeting was held, UTC; null: it was not, or nobody said so.';
COMMENT ON COLUMN release_metrics.retrospective.in_time IS 'Whether it was held by due_at; null until it is held.';
COMMENT ON COLUMN release_metrics.retrospective.status IS 'green: all known objectives were met; yellow: at least half; red: less; unknown: none is known. Null until made.';
COMMENT ON COLUMN release_metrics.retrospective.worked IS 'Findings of what worked; null until made.';
COMMENT ON COLUMN release_metrics.retrospective.did_not IS 'Findings of what did not; null until made.';
COMMENT ON COLUMN release_metrics.retrospective.objectives_met IS 'Objectives that were met; those of which nothing is known are not among them. Null until made.';
COMMENT ON COLUMN release_metrics.retrospective.objectives_missed IS 'Objectives that were missed; those of which nothing is known are not among them. Null until made.';

CREATE VIEW release_metrics.review_finding AS
SELECT r.product, r.version, r.kind, f."rule", f.worked, f.measure, f.value, f.bound, f.words, nullif(f.recommendation, '') AS recommendation,
    nullif(f.owner, '') AS owner, r.made_at
FROM release_ops.retrospective r
CROSS JOIN LATERAL jsonb_to_recordset((r.facts -> 'worked') || (r.facts -> 'did_not')) AS f ("rule" text, worked boolean, measure text, value double precision, bound double precision, words text, recommendation text, owner text);
COMMENT ON VIEW release_metrics.review_finding IS 'Grain: one row per review and rule that held. Key: product, version, kind, rule. Fresh: daily, with every run of release_review. What worked in a release and what did not, with the number that says so.';
COMMENT ON COLUMN release_metrics.review_finding.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.review_finding.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.review_finding.kind IS 'Kind of the review: release, support_end or hotfix.';
COMMENT ON COLUMN release_metrics.review_finding."rule" IS 'Id of the rule in the section review of the product file.';
COMMENT ON COLUMN release_metrics.review_finding.worked IS 'True: something that worked; false: something that did not.';
COMMENT ON COLUMN release_metrics.review_finding.measure IS 'Measure that the rule asks about; docs/reviews.md has them with their units.';
COMMENT ON COLUMN release_metrics.review_finding.value IS 'Its value in its own unit.';
COMMENT ON COLUMN release_metrics.review_finding.bound IS 'Bound that it lies beyond, in the same unit.';
COMMENT ON COLUMN release_metrics.review_finding.words IS 'The finding in a sentence.';
COMMENT ON COLUMN release_metrics.review_finding.recommendation IS 'What is to be done about it; null: nothing.';
COMMENT ON COLUMN release_metrics.review_finding.owner IS 'Role that answers for it; null: nobody is named.';
COMMENT ON COLUMN release_metrics.review_finding.made_at IS 'When the review was made last, UTC.';

CREATE VIEW release_metrics.action_item AS
SELECT product, version, id, kind, text, owner, due_on, state, created_at, decided_at, closed_at, closed_at - created_at AS time_to_close,
    CASE WHEN state = 'done' THEN (closed_at AT TIME ZONE 'UTC')::date <= due_on END AS in_time,
    state = 'open' AND due_on < (now() AT TIME ZONE 'UTC')::date AS is_overdue,
    source, why, nullif(evidence, '') AS evidence, nullif(measure, '') AS measure, value AS measure_value, gain_days, reminders,
    told_at AS last_reminder_at
FROM release_ops.action_item;
COMMENT ON VIEW release_metrics.action_item IS 'Grain: one row per action item. Key: product, version, id. Fresh: as soon as somebody changes it; proposed ones with every run of release_review. What reviews decided to change, and what became of it.';
COMMENT ON COLUMN release_metrics.action_item.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.action_item.version IS 'Release whose review it comes from.';
COMMENT ON COLUMN release_metrics.action_item.id IS 'Its id; the same rule, or lever of the optimiser, has the same in every review.';
COMMENT ON COLUMN release_metrics.action_item.kind IS 'Kind of the review: release, support_end or hotfix.';
COMMENT ON COLUMN release_metrics.action_item.text IS 'What is to be done; may hold text from people.';
COMMENT ON COLUMN release_metrics.action_item.owner IS 'Who answers for it: a role, or the id of a person; empty: nobody yet.';
COMMENT ON COLUMN release_metrics.action_item.due_on IS 'Day by which it is to be done.';
COMMENT ON COLUMN release_metrics.action_item.state IS 'proposed (nobody has decided), open, done or dropped.';
COMMENT ON COLUMN release_metrics.action_item.created_at IS 'When it was written down, UTC.';
COMMENT ON COLUMN release_metrics.action_item.decided_at IS 'When somebody took it up or dropped it, UTC; null while proposed.';
COMMENT ON COLUMN release_metrics.action_item.closed_at IS 'When it was done or dropped, UTC; null until then.';
COMMENT ON COLUMN release_metrics.action_item.time_to_close IS 'From created_at to closed_at, interval; null until closed.';
COMMENT ON COLUMN release_metrics.action_item.in_time IS 'Whether it was done by due_on; null while it is not done.';
COMMENT ON COLUMN release_metrics.action_item.is_overdue IS 'True: it is open, and due_on has passed.';
COMMENT ON COLUMN release_metrics.action_item.source IS 'rule, optimiser, form or command: where it comes from.';
COMMENT ON COLUMN release_metrics.action_item.why IS 'The finding behind it; may be empty.';
COMMENT ON COLUMN release_metrics.action_item.evidence IS 'What shows that it was done, or why it was dropped; null until closed.';
COMMENT ON COLUMN release_metrics.action_item.measure IS 'Measure that asked for it, which later reviews look at; null: none.';
COMMENT ON COLUMN release_metrics.action_item.measure_value IS 'Value of that measure when it was written down, in the measure''s unit; null: none.';
COMMENT ON COLUMN release_metrics.action_item.gain_days IS 'Expected gain in days per release; null: not known.';
COMMENT ON COLUMN release_metrics.action_item.reminders IS 'How often its owner was reminded.';
COMMENT ON COLUMN release_metrics.action_item.last_reminder_at IS 'When its owner was last reminded, UTC; null: never.';

CREATE VIEW release_metrics.process_time AS
SELECT p.product, p.version, r.type, p.category, p.part, p.spent,
    (extract(epoch FROM p.spent) / nullif(extract(epoch FROM sum(p.spent) OVER (PARTITION BY p.product, p.version)), 0))::double precision AS share,
    p.on_path, coalesce(r.released_at, m.actual_at) AS ga_at, p.computed_at
FROM release_ops.process_time p
LEFT JOIN release_ops.release r USING (product, version)
LEFT JOIN release_ops.milestone m ON m.product = p.product AND m.version = p.version AND m.kind = 'ga';
COMMENT ON VIEW release_metrics.process_time IS 'Grain: one row per release and part of the time from its opening to its GA. Key: product, version, category, part. Fresh: when a release of the product is reviewed. Where the time of releases went: every moment is counted once.';
COMMENT ON COLUMN release_metrics.process_time.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.process_time.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.process_time.type IS 'major, minor, patch, hotfix or security; null if its record is gone.';
COMMENT ON COLUMN release_metrics.process_time.category IS 'planning, development, testing, documentation, coordination or deployment.';
COMMENT ON COLUMN release_metrics.process_time.part IS 'What the time went into: a stage (up to beta), or what was waited for (approval by technical_lead).';
COMMENT ON COLUMN release_metrics.process_time.spent IS 'Time, interval; the parts of a release add up to its lead time.';
COMMENT ON COLUMN release_metrics.process_time.share IS 'spent / the lead time of the release, ratio 0..1; null for a release without time.';
COMMENT ON COLUMN release_metrics.process_time.on_path IS 'By how much earlier GA had been without it, interval: milestones do not begin before their dates.';
COMMENT ON COLUMN release_metrics.process_time.ga_at IS 'When the release was out, UTC; null if its record is gone.';
COMMENT ON COLUMN release_metrics.process_time.computed_at IS 'When this was worked out, UTC.';
