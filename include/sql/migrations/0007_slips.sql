-- What the calendar said when it was last looked at, and every move of a date since.

CREATE TABLE release_ops.calendar_entry (
    product text NOT NULL,
    version text NOT NULL,
    category text NOT NULL CHECK (category IN ('milestone', 'event')),
    entry text NOT NULL,
    title text NOT NULL DEFAULT '',
    planned_at timestamptz NOT NULL,
    ends_at timestamptz,
    planned_on date NOT NULL,
    first_planned_on date NOT NULL,
    reason text NOT NULL DEFAULT '',
    release_reason text NOT NULL DEFAULT '',
    withdrawn boolean NOT NULL DEFAULT false,
    sequence integer NOT NULL DEFAULT 0,
    first_seen timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (product, version, category, entry)
);
COMMENT ON TABLE release_ops.calendar_entry IS 'One row per milestone and event of a release: its date as last seen in the product file. sequence counts its changes, for calendars that people subscribe to.';
COMMENT ON COLUMN release_ops.calendar_entry.entry IS 'Kind of the milestone, or id of the event.';
COMMENT ON COLUMN release_ops.calendar_entry.planned_at IS 'Start; of a withdrawn entry the last one.';
COMMENT ON COLUMN release_ops.calendar_entry.ends_at IS 'Exclusive end of an event; null for a milestone.';
COMMENT ON COLUMN release_ops.calendar_entry.planned_on IS 'Date of planned_at in the entry''s own zone.';
COMMENT ON COLUMN release_ops.calendar_entry.reason IS 'Reason of its own date in the product file.';
COMMENT ON COLUMN release_ops.calendar_entry.release_reason IS 'Reason of the release''s dates in the product file.';
COMMENT ON COLUMN release_ops.calendar_entry.withdrawn IS 'True while it is out of the plan: skipped, or its release left the product file.';
COMMENT ON COLUMN release_ops.calendar_entry.sequence IS 'Rises by one with each change of start, end or withdrawn; never falls.';
COMMENT ON COLUMN release_ops.calendar_entry.changed_at IS 'When sequence last rose, or first_seen.';

CREATE TABLE release_ops.slip (
    product text NOT NULL,
    version text NOT NULL,
    category text NOT NULL CHECK (category IN ('milestone', 'event')),
    entry text NOT NULL,
    sequence integer NOT NULL,
    title text NOT NULL DEFAULT '',
    old_on date NOT NULL,
    new_on date NOT NULL,
    noticed_on date NOT NULL,
    noticed_at timestamptz NOT NULL,
    policy text NOT NULL CHECK (policy IN ('ok', 'breached', 'none')),
    policy_reason text NOT NULL DEFAULT '',
    moved_ga boolean NOT NULL,
    implausible text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    reason_from text CHECK (reason_from IN ('file', 'commit', 'none')),
    consequences jsonb NOT NULL DEFAULT '[]',
    told_at timestamptz,
    PRIMARY KEY (product, version, category, entry, sequence),
    CHECK (old_on <> new_on)
);
CREATE INDEX slip_untold ON release_ops.slip (noticed_at) WHERE told_at IS NULL;
COMMENT ON TABLE release_ops.slip IS 'One row per move of a date to another day. Those of one release with the same noticed_at are one move.';
COMMENT ON COLUMN release_ops.slip.sequence IS 'The entry''s sequence after the move.';
COMMENT ON COLUMN release_ops.slip.reason_from IS 'Where the reason was found; null: nobody has looked further than the product file yet.';
COMMENT ON COLUMN release_ops.slip.consequences IS 'What follows from the whole move, as list of mappings; on the row that heads it.';
COMMENT ON COLUMN release_ops.slip.told_at IS 'When everybody concerned had been told; null until then.';

CREATE VIEW release_metrics.slip AS
SELECT product, version, category, entry, sequence, title, old_on, new_on, new_on - old_on AS days,
    old_on - noticed_on AS notice_days, noticed_on, noticed_at, policy, policy_reason, moved_ga, implausible <> '' AS implausible,
    reason, coalesce(reason_from, 'none') AS reason_from, told_at
FROM release_ops.slip;
COMMENT ON VIEW release_metrics.slip IS 'Grain: one row per move of a milestone''s or event''s date to another day. Key: product, version, category, entry, sequence. Fresh: as soon as a run of the release or calendar_watch sees the changed product file, at the latest once a day. What was moved, by how much and with how much notice.';
COMMENT ON COLUMN release_metrics.slip.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.slip.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.slip.category IS 'milestone or event.';
COMMENT ON COLUMN release_metrics.slip.entry IS 'Kind of the milestone, such as ga, or id of the event.';
COMMENT ON COLUMN release_metrics.slip.sequence IS 'Number of the entry''s change, rising in time; changes within a day count too, so that it has gaps.';
COMMENT ON COLUMN release_metrics.slip.title IS 'How people call the entry.';
COMMENT ON COLUMN release_metrics.slip.old_on IS 'Date before the move, in the entry''s own zone.';
COMMENT ON COLUMN release_metrics.slip.new_on IS 'Date after the move, in the entry''s own zone.';
COMMENT ON COLUMN release_metrics.slip.days IS 'new_on minus old_on, calendar days; negative: pulled forward.';
COMMENT ON COLUMN release_metrics.slip.notice_days IS 'old_on minus noticed_on, calendar days; negative: told after the old date.';
COMMENT ON COLUMN release_metrics.slip.noticed_on IS 'Day on which the move was first seen, in the product''s zone.';
COMMENT ON COLUMN release_metrics.slip.noticed_at IS 'When the move was first seen, UTC; the same for all that moved together.';
COMMENT ON COLUMN release_metrics.slip.policy IS 'ok or breached for a GA, by the product''s notice for its release type; none where no notice is asked for.';
COMMENT ON COLUMN release_metrics.slip.policy_reason IS 'Why, in words.';
COMMENT ON COLUMN release_metrics.slip.moved_ga IS 'True if the GA of the release moved in the same move, or is what moved.';
COMMENT ON COLUMN release_metrics.slip.implausible IS 'True if it looks like a wrong year: moved by a year or more, or to a day long ago or far ahead. Leave such rows out of averages.';
COMMENT ON COLUMN release_metrics.slip.reason IS 'Why it was moved, in somebody''s words; may be empty. Text from outside: escape it where you show it.';
COMMENT ON COLUMN release_metrics.slip.reason_from IS 'file (the product file gives the reason), commit (subject, author and id of the commit that changed it) or none.';
COMMENT ON COLUMN release_metrics.slip.told_at IS 'When everybody concerned had been told, UTC; null until then.';

CREATE VIEW release_metrics.milestone_plan AS
SELECT c.product, c.version, c.entry AS kind, m.state, c.first_planned_on, c.planned_on, c.withdrawn,
    count(s.entry) AS slips,
    coalesce(sum(s.new_on - s.old_on), 0) AS slipped_days,
    count(s.entry) FILTER (WHERE s.policy = 'breached') AS breaches,
    min(s.noticed_on) AS first_slip_on, max(s.noticed_on) AS last_slip_on,
    m.actual_at, m.actual_at - c.planned_at AS lateness
FROM release_ops.calendar_entry c
LEFT JOIN release_ops.milestone m ON m.product = c.product AND m.version = c.version AND m.kind = c.entry
LEFT JOIN release_ops.slip s
    ON s.product = c.product AND s.version = c.version AND s.category = c.category AND s.entry = c.entry
WHERE c.category = 'milestone'
GROUP BY c.product, c.version, c.category, c.entry, m.product, m.version, m.kind;
COMMENT ON VIEW release_metrics.milestone_plan IS 'Grain: one row per milestone that a product file ever planned. Key: product, version, kind. Fresh: as soon as a run of the release or calendar_watch sees the changed product file, at the latest once a day. How its date held: first plan, last plan, outcome.';
COMMENT ON COLUMN release_metrics.milestone_plan.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.milestone_plan.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.milestone_plan.kind IS 'planning, alpha, feature_complete, freeze, beta, rc, ga or support_end.';
COMMENT ON COLUMN release_metrics.milestone_plan.state IS 'planned, running, blocked, done, missed or skipped; done is final. Null if it was never planned by a run.';
COMMENT ON COLUMN release_metrics.milestone_plan.first_planned_on IS 'Date on which it was planned when it was first seen, in the product''s zone.';
COMMENT ON COLUMN release_metrics.milestone_plan.planned_on IS 'Date on which it is planned, in the product''s zone; a milestone that is done keeps the one it had.';
COMMENT ON COLUMN release_metrics.milestone_plan.withdrawn IS 'True while it is out of the plan: skipped, or its release left the product file.';
COMMENT ON COLUMN release_metrics.milestone_plan.slips IS 'How often its date was moved to another day.';
COMMENT ON COLUMN release_metrics.milestone_plan.slipped_days IS 'Sum of the days of its slips, calendar days; moves back and forth cancel out.';
COMMENT ON COLUMN release_metrics.milestone_plan.breaches IS 'How many of its slips breached the notice policy; only a GA''s can.';
COMMENT ON COLUMN release_metrics.milestone_plan.first_slip_on IS 'Day on which its first slip was noticed; null without one.';
COMMENT ON COLUMN release_metrics.milestone_plan.last_slip_on IS 'Day on which its last slip was noticed; null without one.';
COMMENT ON COLUMN release_metrics.milestone_plan.actual_at IS 'When it was first done, UTC; null until then.';
COMMENT ON COLUMN release_metrics.milestone_plan.lateness IS 'actual_at minus the instant that it was last planned for, interval; negative if early, null until done.';
