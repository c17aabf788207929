-- The plan of a release: what it says of every feature, and the scope as data teams read it.

ALTER TABLE release_ops.scope_feature
    ADD COLUMN team text NOT NULL DEFAULT '',
    ADD COLUMN points double precision,
    ADD COLUMN value double precision,
    ADD COLUMN risk double precision CHECK (risk BETWEEN 0 AND 1),
    ADD COLUMN score double precision,
    ADD COLUMN depends_on jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN planned boolean,
    ADD COLUMN plan_reason text NOT NULL DEFAULT '',
    ADD COLUMN planned_at timestamptz;
COMMENT ON TABLE release_ops.scope_feature IS 'One row per feature of a release: what the plan says of it, how far it was when last looked at, and what the freeze did with it.';

CREATE VIEW release_metrics.scope AS
SELECT product, version, feature, title, url, owner, team, priority, points, value, risk, score, depends_on, planned,
    plan_reason, planned_at, status, snapshot_at, disposition, deadline, reason AS disposition_reason
FROM release_ops.scope_feature;
COMMENT ON VIEW release_metrics.scope IS 'Grain: one row per feature of a release. Key: product, version, feature. Fresh: when planning, feature complete or freeze ends. What was planned, what was deferred and why, and what became of it.';
COMMENT ON COLUMN release_metrics.scope.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.scope.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.scope.feature IS 'Identifier in the product file, on GitHub (#12) or in Jira (WEB-12).';
COMMENT ON COLUMN release_metrics.scope.title IS 'What users get. Text from outside: escape it where you show it.';
COMMENT ON COLUMN release_metrics.scope.url IS 'Its ticket; empty without one.';
COMMENT ON COLUMN release_metrics.scope.owner IS 'Who answers for it; may be empty.';
COMMENT ON COLUMN release_metrics.scope.team IS 'Who builds it; may be empty.';
COMMENT ON COLUMN release_metrics.scope.priority IS 'must, should or could, dependencies taken into account.';
COMMENT ON COLUMN release_metrics.scope.points IS 'Effort in the team''s own points; null: not estimated.';
COMMENT ON COLUMN release_metrics.scope.value IS 'Value on the team''s own scale; null: not stated.';
COMMENT ON COLUMN release_metrics.scope.risk IS 'Probability 0..1 that it is late; null: not stated.';
COMMENT ON COLUMN release_metrics.scope.score IS 'value x (1 - risk) / points left, by which the plan ordered it; null where nothing was left to do, or without a plan.';
COMMENT ON COLUMN release_metrics.scope.depends_on IS 'JSON list of the features that have to be done before it.';
COMMENT ON COLUMN release_metrics.scope.planned IS 'True: in the plan; false: deferred; null: the release was not planned, or the feature came later.';
COMMENT ON COLUMN release_metrics.scope.plan_reason IS 'Why it is in or deferred; empty without a plan.';
COMMENT ON COLUMN release_metrics.scope.planned_at IS 'When the plan was decided, UTC; null without one.';
COMMENT ON COLUMN release_metrics.scope.status IS 'planned, in_progress or done, when last looked at.';
COMMENT ON COLUMN release_metrics.scope.snapshot_at IS 'When it was last looked at, UTC.';
COMMENT ON COLUMN release_metrics.scope.disposition IS 'What the freeze did with it: included, excluded, deadline_imposed or frozen; null before the freeze.';
COMMENT ON COLUMN release_metrics.scope.deadline IS 'Until when it had to be done, UTC; null for all but deadline_imposed.';
COMMENT ON COLUMN release_metrics.scope.disposition_reason IS 'Why the freeze did so; empty before the freeze.';
