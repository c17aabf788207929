-- Hotfixes: what was asked for, when each station was passed, where it came back to, and what it was exempted from.

CREATE TABLE release_ops.hotfix (
    product text NOT NULL,
    version text NOT NULL,
    affected text NOT NULL,
    type text NOT NULL CHECK (type IN ('hotfix', 'security')),
    severity text NOT NULL,
    reason text NOT NULL,
    why text NOT NULL DEFAULT '',
    fixes jsonb NOT NULL,
    criteria jsonb NOT NULL DEFAULT '[]',
    criteria_met jsonb,
    advisory jsonb NOT NULL DEFAULT '{}',
    requested_by text NOT NULL DEFAULT '',
    requested_at timestamptz NOT NULL,
    target interval NOT NULL,
    base_commit text NOT NULL,
    branch text NOT NULL,
    run_id text NOT NULL,
    dag_id text NOT NULL,
    branch_at timestamptz,
    approved_at timestamptz,
    approved_by jsonb NOT NULL DEFAULT '[]',
    tested_at timestamptz,
    tag text,
    tagged_at timestamptz,
    deployed_at timestamptz,
    merged_back_at timestamptz,
    confirmed_at timestamptz,
    confirmed_by text NOT NULL DEFAULT '',
    ended_at timestamptz,
    end_state text CHECK (end_state IN ('done', 'blocked', 'given_up')),
    retrospective_due_at timestamptz,
    PRIMARY KEY (product, version),
    CHECK ((ended_at IS NULL) = (end_state IS NULL))
);
-- One hotfix of an affected version at a time: a second one would be built without the first.
CREATE UNIQUE INDEX hotfix_under_way ON release_ops.hotfix (product, affected) WHERE ended_at IS NULL AND tagged_at IS NULL;
COMMENT ON TABLE release_ops.hotfix IS 'One row per hotfix. Fixes and advisory are private until it is tagged.';

CREATE TABLE release_ops.hotfix_merge (
    product text NOT NULL,
    version text NOT NULL,
    branch text NOT NULL,
    how text NOT NULL CHECK (how IN ('merged', 'contained', 'pull_request', 'branch')),
    commit text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    PRIMARY KEY (product, version, branch)
);

CREATE TABLE release_ops.freeze_exemption (
    product text NOT NULL,
    version text NOT NULL,
    rule text NOT NULL,
    closer text NOT NULL,
    until timestamptz,
    exempted_by jsonb NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (product, version, rule)
);

CREATE VIEW release_metrics.hotfix AS
SELECT h.product, h.version, h.affected, h.type, h.severity, h.reason, jsonb_array_length(h.fixes) AS fixes,
    h.requested_by, h.requested_at, h.branch_at, h.approved_at, h.tested_at, h.tagged_at, h.deployed_at, h.merged_back_at,
    h.ended_at, h.end_state,
    h.branch_at - h.requested_at AS time_to_branch,
    h.approved_at - h.branch_at AS time_to_approve,
    h.tagged_at - h.approved_at AS time_to_tag,
    h.deployed_at - h.tagged_at AS time_to_deploy,
    coalesce(h.deployed_at, CASE WHEN h.end_state = 'done' THEN h.tagged_at END) - h.requested_at AS time_to_out,
    h.target,
    CASE WHEN h.end_state IN ('blocked', 'given_up') AND h.tagged_at IS NULL THEN false
        ELSE coalesce(h.deployed_at, CASE WHEN h.end_state = 'done' THEN h.tagged_at END) - h.requested_at <= h.target
    END AS within_target,
    jsonb_array_length(h.criteria) AS criteria,
    CASE WHEN h.criteria_met IS NOT NULL
        THEN (SELECT count(*) FILTER (WHERE met.value::boolean) FROM jsonb_each_text(h.criteria_met) met)::integer
    END AS criteria_met,
    h.retrospective_due_at
FROM release_ops.hotfix h
-- That a weakness is being mended is nobody's to know before it is.
WHERE h.type = 'hotfix' OR h.tagged_at IS NOT NULL;
COMMENT ON VIEW release_metrics.hotfix IS 'Grain: one row per hotfix that was asked for; of security releases those that are out. Key: product, version. Fresh: at once at every station. How soon what was broken is mended, and where the time goes.';
COMMENT ON COLUMN release_metrics.hotfix.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.hotfix.version IS 'Version that it is, as in release_metrics.release.';
COMMENT ON COLUMN release_metrics.hotfix.affected IS 'Released version that it mends.';
COMMENT ON COLUMN release_metrics.hotfix.type IS 'hotfix or security.';
COMMENT ON COLUMN release_metrics.hotfix.severity IS 'As the form had it: critical, high, medium or low, unless the product has other words.';
COMMENT ON COLUMN release_metrics.hotfix.reason IS 'What made it qualify: down, security, data_loss, sla or regulatory, unless the product has other words.';
COMMENT ON COLUMN release_metrics.hotfix.fixes IS 'Number of changes that were to be brought over.';
COMMENT ON COLUMN release_metrics.hotfix.requested_by IS 'Login of whoever filled in the form; empty if Airflow did not know.';
COMMENT ON COLUMN release_metrics.hotfix.requested_at IS 'When it was asked for, UTC: the clock starts here.';
COMMENT ON COLUMN release_metrics.hotfix.branch_at IS 'When all fixes were on its branch, UTC; null while they are not.';
COMMENT ON COLUMN release_metrics.hotfix.approved_at IS 'When the last of the approvals that it needs was given, UTC; null while it is not approved.';
COMMENT ON COLUMN release_metrics.hotfix.tested_at IS 'When its tests were seen to be green, UTC; null while they are not, and where the product names no tests.';
COMMENT ON COLUMN release_metrics.hotfix.tagged_at IS 'When it was tagged and published, UTC; null while it is not.';
COMMENT ON COLUMN release_metrics.hotfix.deployed_at IS 'When its last environment was promoted, UTC; null while it is not deployed, and where the product has no environments.';
COMMENT ON COLUMN release_metrics.hotfix.merged_back_at IS 'When it had come back to every branch, or stood there as a pull request or a branch, UTC; null before.';
COMMENT ON COLUMN release_metrics.hotfix.ended_at IS 'When its run ended, UTC; null while it is under way.';
COMMENT ON COLUMN release_metrics.hotfix.end_state IS 'done, blocked (gate, people or tests said no) or given_up (its run was gone); null while it is under way.';
COMMENT ON COLUMN release_metrics.hotfix.time_to_branch IS 'branch_at minus requested_at, interval; null while it is open.';
COMMENT ON COLUMN release_metrics.hotfix.time_to_approve IS 'approved_at minus branch_at, interval; null while it is open.';
COMMENT ON COLUMN release_metrics.hotfix.time_to_tag IS 'tagged_at minus approved_at, interval: tests and publishing; null while it is open.';
COMMENT ON COLUMN release_metrics.hotfix.time_to_deploy IS 'deployed_at minus tagged_at, interval; null while it is open and without environments.';
COMMENT ON COLUMN release_metrics.hotfix.time_to_out IS 'From the form until it was deployed, or until it was published where the product has no environments, interval; null while it is open.';
COMMENT ON COLUMN release_metrics.hotfix.target IS 'What time_to_out may be, interval, by the policy when it was asked for.';
COMMENT ON COLUMN release_metrics.hotfix.within_target IS 'Whether time_to_out kept to target; false also when it ended without being published; null while it is open.';
COMMENT ON COLUMN release_metrics.hotfix.criteria IS 'Number of success criteria that the form named.';
COMMENT ON COLUMN release_metrics.hotfix.criteria_met IS 'Number of them that the technical lead found met; null while nobody has looked.';
COMMENT ON COLUMN release_metrics.hotfix.retrospective_due_at IS 'By when its retrospective is due, UTC; null before it is out.';

CREATE VIEW release_metrics.freeze_exemption AS
SELECT product, version, rule, closer, until, exempted_by, at
FROM release_ops.freeze_exemption;
COMMENT ON VIEW release_metrics.freeze_exemption IS 'Grain: one row per release and rule that it was exempted from. Key: product, version, rule. Fresh: at once. Which freezes, blackouts and closed windows did not hold for an emergency, and who said so.';
COMMENT ON COLUMN release_metrics.freeze_exemption.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.freeze_exemption.version IS 'Version of the release that was exempted.';
COMMENT ON COLUMN release_metrics.freeze_exemption.rule IS 'What would have held it up, in the words of the calendar: a blackout''s reason, a holiday, a branch that is frozen.';
COMMENT ON COLUMN release_metrics.freeze_exemption.closer IS 'blackouts, calendars, downstream, holidays, hours or freeze (a frozen release branch that it came back to).';
COMMENT ON COLUMN release_metrics.freeze_exemption.until IS 'How long the rule would have held it up, UTC; null for a frozen branch.';
COMMENT ON COLUMN release_metrics.freeze_exemption.exempted_by IS 'JSON array of the ids of those who approved the release and so its exemption.';
COMMENT ON COLUMN release_metrics.freeze_exemption.at IS 'When the exemption was made use of, UTC.';
