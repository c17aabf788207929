-- Conflicts between the dates of releases: what calendar_watch found, since when, and when it was gone.

CREATE TABLE release_ops.conflict (
    key text NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    resolved_at timestamptz,
    told_at timestamptz,
    kind text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('error', 'warning')),
    accepted text NOT NULL DEFAULT '',
    first_product text NOT NULL,
    first_version text NOT NULL,
    first_milestone text NOT NULL,
    first_planned_at timestamptz,
    second_product text,
    second_version text,
    second_milestone text,
    second_planned_at timestamptz,
    subject text NOT NULL DEFAULT '',
    message text NOT NULL,
    proposal text NOT NULL DEFAULT '',
    PRIMARY KEY (key, first_seen)
);
CREATE UNIQUE INDEX conflict_open ON release_ops.conflict (key) WHERE resolved_at IS NULL;
CREATE INDEX conflict_by_release ON release_ops.conflict (first_product, first_version);
COMMENT ON TABLE release_ops.conflict IS 'One row per conflict between dates and time that it arose; open until resolved_at.';

CREATE VIEW release_metrics.conflict AS
SELECT key, kind, severity, nullif(accepted, '') AS accepted, first_product AS product, first_version AS version,
    first_milestone AS milestone, first_planned_at AS planned_at, second_product AS other_product,
    second_version AS other_version, second_milestone AS other_milestone, second_planned_at AS other_planned_at,
    nullif(subject, '') AS subject, message, nullif(proposal, '') AS proposal, first_seen, last_seen, resolved_at
FROM release_ops.conflict;
COMMENT ON VIEW release_metrics.conflict IS 'Grain: one row per conflict between dates of releases and time that it arose. Key: key, first_seen. Fresh: once a day. What was at odds, for how long, and what would have mended it.';
COMMENT ON COLUMN release_metrics.conflict.key IS 'Identity of the conflict over every move of its dates, such as team:shop:3.1.0:ga:webapp:2.8.0:ga.';
COMMENT ON COLUMN release_metrics.conflict.kind IS 'needs, absence, approvers, same_window, team, spacing, majors, downstream, conference or holiday.';
COMMENT ON COLUMN release_metrics.conflict.severity IS 'error (cannot go well) or warning (may be meant so).';
COMMENT ON COLUMN release_metrics.conflict.accepted IS 'Reason from the product file for living with it; null if nobody has accepted it.';
COMMENT ON COLUMN release_metrics.conflict.product IS 'Id of the product whose milestone is to be moved.';
COMMENT ON COLUMN release_metrics.conflict.version IS 'Version of its release.';
COMMENT ON COLUMN release_metrics.conflict.milestone IS 'planning, alpha, feature_complete, freeze, beta, rc, ga or support_end.';
COMMENT ON COLUMN release_metrics.conflict.planned_at IS 'When that milestone was planned for when the conflict was last seen, UTC.';
COMMENT ON COLUMN release_metrics.conflict.other_product IS 'Id of the product of the other milestone; null where the first is at odds with people, a day or something unknown.';
COMMENT ON COLUMN release_metrics.conflict.other_version IS 'Version of the other release; null without one.';
COMMENT ON COLUMN release_metrics.conflict.other_milestone IS 'Kind of the other milestone; null without one.';
COMMENT ON COLUMN release_metrics.conflict.other_planned_at IS 'When the other milestone was planned for, UTC; null without one.';
COMMENT ON COLUMN release_metrics.conflict.subject IS 'What both compete for, or what the first is at odds with: people, teams, a conference, a holiday; null if there is nothing to name.';
COMMENT ON COLUMN release_metrics.conflict.message IS 'The conflict in a sentence, as it was last seen.';
COMMENT ON COLUMN release_metrics.conflict.proposal IS 'Dates, or something else, that would mend it, in words; null if nothing near does.';
COMMENT ON COLUMN release_metrics.conflict.first_seen IS 'When it was first seen, UTC.';
COMMENT ON COLUMN release_metrics.conflict.last_seen IS 'When it was last seen, UTC.';
COMMENT ON COLUMN release_metrics.conflict.resolved_at IS 'When it was first seen no more, because its dates moved or passed, UTC; null while it is open.';
