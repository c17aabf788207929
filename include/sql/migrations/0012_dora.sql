-- DORA's five measures: what became of each deployment, which incident belongs to which, and the counts of weeks and months.
-- Writers of facts need not know of it: triggers note what was touched, and delivery_refresh works that off.

CREATE TABLE release_ops.delivery_rule (
    product text PRIMARY KEY,
    production text NOT NULL DEFAULT 'production' CHECK (production <> ''),
    incident_within interval CHECK (incident_within > interval '0')
);
COMMENT ON TABLE release_ops.delivery_rule IS 'One row per product whose file says something of delivery: what SQL has to know of it.';
COMMENT ON COLUMN release_ops.delivery_rule.production IS 'Environment of incidents that name none; production where the product has no row.';
COMMENT ON COLUMN release_ops.delivery_rule.incident_within IS 'An incident later than this after a deployment is not held against it; null: however late.';

-- A log, not a set: a second writer's mark must not be swallowed by a first mark that a refresh is about to work off.
CREATE TABLE release_ops.delivery_touched (
    touched bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('deployment', 'incident', 'changes', 'product', 'everything')),
    product text NOT NULL DEFAULT '',
    thing text NOT NULL DEFAULT '',
    environment text NOT NULL DEFAULT '',
    repository text NOT NULL DEFAULT '',
    component text NOT NULL DEFAULT '',
    at timestamptz
);
COMMENT ON TABLE release_ops.delivery_touched IS 'One row per fact that changed since the last refresh: deployment and incident by id with their old and their new time and line, changes by day.';

CREATE TABLE release_ops.incident_deployment (
    product text NOT NULL,
    incident text NOT NULL,
    environment text NOT NULL,
    deployment text,
    linked_by text CHECK (linked_by IN ('stated', 'last_success')),
    started_at timestamptz NOT NULL,
    resolved_at timestamptz,
    fixed_by text NOT NULL DEFAULT '',
    PRIMARY KEY (product, incident),
    CHECK ((deployment IS NULL) = (linked_by IS NULL))
);
COMMENT ON TABLE release_ops.incident_deployment IS 'One row per incident: the deployment that it is held against.';
CREATE INDEX incident_deployment_by_deployment ON release_ops.incident_deployment (product, deployment);
CREATE INDEX incident_deployment_by_environment ON release_ops.incident_deployment (product, environment);

CREATE TABLE release_ops.deployment_outcome (
    product text NOT NULL,
    environment text NOT NULL,
    deployment text NOT NULL,
    component text NOT NULL,
    version text NOT NULL,
    result text NOT NULL CHECK (result IN ('success', 'failure')),
    parts integer NOT NULL,
    started_at timestamptz,
    finished_at timestamptz NOT NULL,
    commits integer NOT NULL,
    lead_time_median interval,
    incidents integer NOT NULL,
    rolled_back boolean,
    reached_users boolean NOT NULL,
    is_failed boolean NOT NULL,
    failed_why text NOT NULL CHECK (failed_why IN ('', 'incident', 'rollback', 'incident, rollback')),
    failed_at timestamptz,
    recovered_at timestamptz,
    is_rework boolean,
    rework_why text NOT NULL CHECK (rework_why IN ('', 'stated', 'release type', 'fixes an incident')),
    url text NOT NULL,
    PRIMARY KEY (product, deployment, environment)
);
COMMENT ON TABLE release_ops.deployment_outcome IS 'One row per finished deployment and environment: what became of it.';
CREATE INDEX deployment_outcome_by_end ON release_ops.deployment_outcome (product, environment, finished_at);
CREATE INDEX deployment_outcome_rolled_back ON release_ops.deployment_outcome (product, environment) WHERE rolled_back IS NOT NULL;
CREATE INDEX deployment_outcome_rework ON release_ops.deployment_outcome (product, environment) WHERE is_rework IS NOT NULL;

CREATE TABLE release_ops.dora_period (
    product text NOT NULL,
    environment text NOT NULL,
    period text NOT NULL CHECK (period IN ('week', 'month')),
    starts_on date NOT NULL,
    deployments integer NOT NULL,
    successful integer NOT NULL,
    deployment_days integer NOT NULL,
    reached integer NOT NULL,
    failed integer NOT NULL,
    failed_by_incident integer NOT NULL,
    failed_or_unsuccessful integer NOT NULL,
    incidents integer NOT NULL,
    recovered integer NOT NULL,
    recovery_time_median interval,
    recovery_time_median_low interval,
    restore_time_median interval,
    restore_time_median_low interval,
    rework integer NOT NULL,
    changes integer NOT NULL,
    lead_time_median interval,
    lead_time_median_low interval,
    lead_time_p75 interval,
    lead_time_p95 interval,
    lead_time_from_commit_median interval,
    PRIMARY KEY (product, environment, period, starts_on)
);
COMMENT ON TABLE release_ops.dora_period IS 'One row per product, environment and week or month in which something was deployed.';

CREATE TABLE release_ops.dora_line (
    product text NOT NULL,
    environment text NOT NULL,
    first_at timestamptz NOT NULL,
    known_until timestamptz NOT NULL,
    failures_known boolean NOT NULL,
    rework_known boolean NOT NULL,
    PRIMARY KEY (product, environment)
);
COMMENT ON TABLE release_ops.dora_line IS 'One row per product and environment: from when to when its deployments are known, and whether anybody says which failed.';

-- What the refresh asks for that 0011 has no index for.
CREATE INDEX incident_by_deployment ON release_ops.incident (product, deployment) WHERE deployment <> '';
CREATE INDEX incident_by_fix ON release_ops.incident (product, fixed_by) WHERE fixed_by <> '';
CREATE INDEX deployment_rolled_back ON release_ops.deployment (product, environment, repository, component, finished_at)
    WHERE rolled_back;
CREATE INDEX deployed_commit_by_commit ON release_ops.deployed_commit (product, commit);

-- What is of the last months, for exports and checks: facts come about in the order of time, so that a few kilobytes say
-- where in the table to look.
DO $$
DECLARE
    fact record;
BEGIN
    FOR fact IN
        SELECT * FROM (VALUES
            ('commit', 'committed_at'), ('deployed_commit', 'deployed_at, loaded_at'), ('deployment', 'finished_at'),
            ('deployment_status', 'created_at'), ('pull_request', 'created_at'), ('pull_review', 'submitted_at'),
            ('check_run', 'completed_at'), ('issue', 'created_at'), ('incident', 'started_at'),
            ('deployment_outcome', 'finished_at'), ('incident_deployment', 'started_at')
        ) AS f (name, times)
    LOOP
        EXECUTE format('CREATE INDEX %I ON release_ops.%I USING brin (%s)', fact.name || '_lately', fact.name, fact.times);
    END LOOP;
END
$$;

CREATE FUNCTION release_ops.touch_deployment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        INSERT INTO release_ops.delivery_touched (kind, product, thing, environment, repository, component, at)
        SELECT 'deployment', product, deployment, environment, repository, component, finished_at FROM before;
    END IF;
    IF TG_OP IN ('UPDATE', 'INSERT') THEN
        INSERT INTO release_ops.delivery_touched (kind, product, thing, environment, repository, component, at)
        SELECT 'deployment', product, deployment, environment, repository, component, finished_at FROM after;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION release_ops.touch_incident() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        INSERT INTO release_ops.delivery_touched (kind, product, thing) SELECT 'incident', product, incident FROM before;
    END IF;
    IF TG_OP IN ('UPDATE', 'INSERT') THEN
        INSERT INTO release_ops.delivery_touched (kind, product, thing) SELECT 'incident', product, incident FROM after;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION release_ops.components_of(the_product text, the_environment text, the_repository text, OUT low text, OUT high text)
    LANGUAGE sql STABLE AS $$
    SELECT min(component), max(component) FROM release_ops.deployed_commit
    WHERE product = the_product AND environment = the_environment AND repository = the_repository
$$;
COMMENT ON FUNCTION release_ops.components_of IS 'First and last name of the components that a repository''s commits reach an environment in.';

CREATE FUNCTION release_ops.has_several_components(the_product text, the_environment text) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    WITH RECURSIVE line AS (
        SELECT min(repository) AS repository FROM release_ops.deployed_commit
        WHERE product = the_product AND environment = the_environment
        UNION ALL
        SELECT (
            SELECT min(d.repository) FROM release_ops.deployed_commit AS d
            WHERE d.product = the_product AND d.environment = the_environment AND d.repository > line.repository
        )
        FROM line WHERE line.repository IS NOT NULL
    )
    SELECT EXISTS (
        SELECT FROM line CROSS JOIN LATERAL release_ops.components_of(the_product, the_environment, line.repository) AS c
        WHERE c.low <> c.high
    )
$$;
COMMENT ON FUNCTION release_ops.has_several_components IS 'Whether a repository''s commits reach the environment in more than one component. Asks the index once per repository.';

CREATE FUNCTION release_ops.touch_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        INSERT INTO release_ops.delivery_touched (kind, product, thing)
        SELECT DISTINCT 'deployment', product, deployment FROM before;
        INSERT INTO release_ops.delivery_touched (kind, product, environment, at)
        SELECT DISTINCT 'changes', product, environment, date_trunc('day', deployed_at, 'UTC') FROM before;
        -- A commit counts in the component that it reaches first: where there are several, another one's day may change.
        INSERT INTO release_ops.delivery_touched (kind, product, environment, at)
        WITH line AS MATERIALIZED (
            SELECT product, environment, repository
            FROM (
                SELECT product, environment, repository, min(component) AS low, max(component) AS high FROM before GROUP BY 1, 2, 3
            ) AS l
            CROSS JOIN LATERAL release_ops.components_of(l.product, l.environment, l.repository) AS c
            WHERE least(l.low, c.low) <> greatest(l.high, c.high)
        )
        SELECT DISTINCT 'changes', product, environment, date_trunc('day', d.deployed_at, 'UTC')
        FROM line
        JOIN before AS t USING (product, environment, repository)
        JOIN release_ops.deployed_commit AS d USING (product, environment, repository, commit);
    END IF;
    IF TG_OP IN ('UPDATE', 'INSERT') THEN
        INSERT INTO release_ops.delivery_touched (kind, product, thing)
        SELECT DISTINCT 'deployment', product, deployment FROM after;
        INSERT INTO release_ops.delivery_touched (kind, product, environment, at)
        SELECT DISTINCT 'changes', product, environment, date_trunc('day', deployed_at, 'UTC') FROM after;
        -- A commit counts in the component that it reaches first: where there are several, another one's day may change.
        INSERT INTO release_ops.delivery_touched (kind, product, environment, at)
        WITH line AS MATERIALIZED (
            SELECT product, environment, repository
            FROM (
                SELECT product, environment, repository, min(component) AS low, max(component) AS high FROM after GROUP BY 1, 2, 3
            ) AS l
            CROSS JOIN LATERAL release_ops.components_of(l.product, l.environment, l.repository) AS c
            WHERE least(l.low, c.low) <> greatest(l.high, c.high)
        )
        SELECT DISTINCT 'changes', product, environment, date_trunc('day', d.deployed_at, 'UTC')
        FROM line
        JOIN after AS t USING (product, environment, repository)
        JOIN release_ops.deployed_commit AS d USING (product, environment, repository, commit);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION release_ops.touch_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        INSERT INTO release_ops.delivery_touched (kind, product, thing)
        SELECT DISTINCT 'deployment', d.product, d.deployment FROM before JOIN release_ops.deployment AS d USING (product, version)
        WHERE d.version <> '';
    END IF;
    IF TG_OP IN ('UPDATE', 'INSERT') THEN
        INSERT INTO release_ops.delivery_touched (kind, product, thing)
        SELECT DISTINCT 'deployment', d.product, d.deployment FROM after JOIN release_ops.deployment AS d USING (product, version)
        WHERE d.version <> '';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION release_ops.touch_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        INSERT INTO release_ops.delivery_touched (kind, product) SELECT 'product', product FROM before;
    END IF;
    IF TG_OP IN ('UPDATE', 'INSERT') THEN
        INSERT INTO release_ops.delivery_touched (kind, product) SELECT 'product', product FROM after;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION release_ops.touch_everything() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO release_ops.delivery_touched (kind) VALUES ('everything');
    RETURN NULL;
END
$$;

DO $$
DECLARE
    watched record;
BEGIN
    FOR watched IN
        SELECT * FROM (VALUES
            ('deployment', 'touch_deployment'), ('incident', 'touch_incident'), ('deployed_commit', 'touch_changes'),
            ('release', 'touch_release'), ('delivery_rule', 'touch_product')
        ) AS w (fact, note)
    LOOP
        EXECUTE format('CREATE TRIGGER touched_by_insert AFTER INSERT ON release_ops.%I REFERENCING NEW TABLE AS after
            FOR EACH STATEMENT EXECUTE FUNCTION release_ops.%I()', watched.fact, watched.note);
        EXECUTE format('CREATE TRIGGER touched_by_update AFTER UPDATE ON release_ops.%I REFERENCING OLD TABLE AS before NEW TABLE AS after
            FOR EACH STATEMENT EXECUTE FUNCTION release_ops.%I()', watched.fact, watched.note);
        EXECUTE format('CREATE TRIGGER touched_by_delete AFTER DELETE ON release_ops.%I REFERENCING OLD TABLE AS before
            FOR EACH STATEMENT EXECUTE FUNCTION release_ops.%I()', watched.fact, watched.note);
        EXECUTE format('CREATE TRIGGER touched_by_truncate AFTER TRUNCATE ON release_ops.%I
            FOR EACH STATEMENT EXECUTE FUNCTION release_ops.touch_everything()', watched.fact);
    END LOOP;
END
$$;
-- Facts may be there already.
INSERT INTO release_ops.delivery_touched (kind) VALUES ('everything');

CREATE VIEW release_metrics.deployment_predecessor AS
SELECT d.product, d.deployment, d.repository, d.environment, d.component, d.version, d.commit, d.result, d.finished_at,
    p.deployment AS previous_deployment, p.version AS previous_version, p.commit AS previous_commit,
    p.finished_at AS previous_finished_at
FROM release_ops.deployment AS d
-- max() of one row is that row: the planner sees that there is one, and leaves the look-up out where nobody asks for it.
LEFT JOIN LATERAL (
    SELECT max(one.deployment) AS deployment, max(one.version) AS version, max(one.commit) AS commit,
        max(one.finished_at) AS finished_at
    FROM (
        SELECT e.deployment, e.version, e.commit, e.finished_at
        FROM release_ops.deployment AS e
        WHERE e.product = d.product AND e.environment = d.environment AND e.repository = d.repository
            AND e.component = d.component AND e.result = 'success' AND e.finished_at <= d.finished_at
            AND (e.finished_at, e.deployment) < (d.finished_at, d.deployment)
        ORDER BY e.finished_at DESC, e.deployment DESC
        LIMIT 1
    ) AS one
) AS p ON d.result = 'success'
WHERE d.result IN ('success', 'failure') AND d.environment <> '';

CREATE VIEW release_metrics.deployment_outcome AS
SELECT o.product, o.environment, o.deployment, o.component, o.version, o.result, o.parts, o.started_at, o.finished_at,
    (
        SELECT p.previous_deployment FROM release_metrics.deployment_predecessor AS p
        WHERE p.product = o.product AND p.deployment = o.deployment AND p.environment = o.environment
        ORDER BY p.finished_at DESC, p.repository
        LIMIT 1
    ) AS previous_deployment,
    o.commits, o.lead_time_median, o.incidents, o.rolled_back, o.reached_users,
    CASE WHEN o.is_failed THEN true WHEN l.failures_known THEN false END AS is_failed,
    o.failed_why, o.failed_at, o.recovered_at,
    -- greatest() leaves nulls out: without the condition, what has not recovered would have recovered at once.
    CASE WHEN o.recovered_at IS NOT NULL THEN greatest(o.recovered_at - o.finished_at, interval '0') END AS recovery_time,
    CASE WHEN o.recovered_at IS NOT NULL THEN greatest(o.recovered_at - o.failed_at, interval '0') END AS restore_time,
    o.is_rework, o.rework_why, o.url
FROM release_ops.deployment_outcome AS o
LEFT JOIN release_ops.dora_line AS l USING (product, environment);

CREATE VIEW release_metrics.incident_deployment AS
SELECT i.product, i.incident, i.environment, i.deployment, i.linked_by, o.finished_at AS deployed_at, i.started_at, i.resolved_at,
    CASE WHEN num_nulls(i.resolved_at, o.finished_at) = 0 THEN greatest(i.resolved_at - o.finished_at, interval '0') END
        AS recovery_time,
    i.resolved_at - i.started_at AS restore_time, i.fixed_by
FROM release_ops.incident_deployment AS i
LEFT JOIN release_ops.deployment_outcome AS o USING (product, environment, deployment);

CREATE VIEW release_metrics.pull_request_flow AS
SELECT f.*,
    CASE WHEN f.first_commit_at <= f.created_at THEN f.created_at - f.first_commit_at END AS coding_time,
    CASE WHEN f.first_review_at >= f.created_at THEN f.first_review_at - f.created_at END AS pickup_time,
    CASE WHEN f.merged_at >= f.first_review_at THEN f.merged_at - f.first_review_at END AS review_time,
    CASE WHEN f.merged_at >= f.created_at THEN f.merged_at - f.created_at END AS open_time,
    CASE WHEN f.deployed_at >= f.merged_at THEN f.deployed_at - f.merged_at END AS deploy_time,
    CASE WHEN f.deployed_at >= least(f.first_commit_at, f.created_at)
        THEN f.deployed_at - least(f.first_commit_at, f.created_at) END AS cycle_time,
    CASE WHEN f.merged_at IS NOT NULL THEN
        CASE WHEN f.first_commit_at <= f.created_at THEN f.created_at - f.first_commit_at ELSE interval '0' END
        + CASE WHEN f.merged_at >= f.created_at THEN f.merged_at - f.created_at ELSE interval '0' END
        + CASE WHEN f.deployed_at >= f.merged_at THEN f.deployed_at - f.merged_at ELSE interval '0' END
    END AS known_time
FROM (
    SELECT r.product, r.repository, r.pull_request, r.author, r.author_is_bot, r.state, r.base, r.merge_commit,
        coalesce(u.production, 'production') AS environment, r.first_commit, r.first_commit_at, r.created_at,
        coalesce(nullif(r.first_review, ''), CASE WHEN r.first_review_at IS NULL THEN v.review END, '') AS first_review,
        coalesce(r.first_review_at, v.submitted_at) AS first_review_at,
        r.approved_at, r.merged_at, r.closed_at, d.deployment, d.deployed_at
    FROM release_ops.pull_request AS r
    LEFT JOIN release_ops.delivery_rule AS u USING (product)
    -- As above: left out where nobody asks.
    LEFT JOIN LATERAL (
        SELECT max(one.review) AS review, max(one.submitted_at) AS submitted_at
        FROM (
            SELECT w.review, w.submitted_at
            FROM release_ops.pull_review AS w
            WHERE w.product = r.product AND w.repository = r.repository AND w.pull_request = r.pull_request
                AND (r.author = '' OR w.author <> r.author)
            ORDER BY w.submitted_at, w.review
            LIMIT 1
        ) AS one
    -- GitHub's rows say it themselves: its reviews are those of programs too.
    ) AS v ON r.first_review_at IS NULL AND r.source <> 'github'
    LEFT JOIN LATERAL (
        SELECT max(one.deployment) AS deployment, max(one.deployed_at) AS deployed_at
        FROM (
            SELECT c.deployment, c.deployed_at
            FROM release_ops.deployed_commit AS c
            WHERE c.product = r.product AND c.commit = r.merge_commit
                AND c.environment = coalesce(u.production, 'production')
            ORDER BY c.deployed_at, c.deployment
            LIMIT 1
        ) AS one
    ) AS d ON r.merge_commit <> ''
) AS f;

CREATE VIEW release_metrics.dora AS
SELECT l.product, l.environment, s.period, s.starts_on, s.ends_on,
    s.ends_on::timestamp AT TIME ZONE 'UTC' <= l.known_until AS complete, l.known_until,
    least(s.ends_on, (l.known_until AT TIME ZONE 'UTC')::date + 1) - s.starts_on AS days,
    coalesce(p.deployments, 0) AS deployments,
    coalesce(p.successful, 0) AS successful,
    coalesce(p.deployments - p.successful, 0) AS unsuccessful,
    coalesce(p.deployment_days, 0) AS deployment_days,
    coalesce(p.successful, 0)::double precision
        / (least(s.ends_on, (l.known_until AT TIME ZONE 'UTC')::date + 1) - s.starts_on) AS deployment_frequency,
    coalesce(p.changes, 0) AS changes,
    p.lead_time_median, p.lead_time_median_low, p.lead_time_p75, p.lead_time_p95, p.lead_time_from_commit_median,
    coalesce(p.reached, 0) AS reached_users,
    CASE WHEN l.failures_known THEN coalesce(p.failed, 0) END AS failed,
    CASE WHEN l.failures_known THEN p.failed::double precision / nullif(p.reached, 0) END AS change_fail_rate,
    CASE WHEN l.failures_known THEN coalesce(p.failed_by_incident, 0) END AS failed_by_incident,
    CASE WHEN l.failures_known THEN p.failed_by_incident::double precision / nullif(p.successful, 0) END AS change_fail_rate_by_incident,
    CASE WHEN l.failures_known THEN p.failed_or_unsuccessful::double precision / nullif(p.deployments, 0) END
        AS change_fail_rate_with_unsuccessful,
    CASE WHEN l.failures_known THEN coalesce(p.incidents, 0) END AS incidents,
    CASE WHEN l.failures_known THEN coalesce(p.recovered, 0) END AS recovered,
    CASE WHEN l.failures_known THEN coalesce(p.failed - p.recovered, 0) END AS still_failed,
    p.recovery_time_median, p.recovery_time_median_low, p.restore_time_median, p.restore_time_median_low,
    CASE WHEN l.rework_known THEN coalesce(p.rework, 0) END AS rework,
    CASE WHEN l.rework_known THEN p.rework::double precision / nullif(p.reached, 0) END AS rework_rate
FROM release_ops.dora_line AS l
CROSS JOIN LATERAL (
    SELECT 'week' AS period, w::date AS starts_on, (w + interval '7 days')::date AS ends_on
    FROM generate_series(date_trunc('week', l.first_at AT TIME ZONE 'UTC'), l.known_until AT TIME ZONE 'UTC', interval '7 days') AS w
    UNION ALL
    SELECT 'month', m::date, (m + interval '1 month')::date
    FROM generate_series(date_trunc('month', l.first_at AT TIME ZONE 'UTC'), l.known_until AT TIME ZONE 'UTC', interval '1 month') AS m
) AS s
LEFT JOIN release_ops.dora_period AS p
    ON p.product = l.product AND p.environment = l.environment AND p.period = s.period AND p.starts_on = s.starts_on;

COMMENT ON VIEW release_metrics.dora IS 'Grain: one row per product, environment and week (Monday to Sunday) or month, UTC, from the first deployment on; weeks without a deployment included. Key: product, environment, period, starts_on. Fresh: with every delivery_metrics, after delivery_ingest. The five DORA measures; docs/dora.md has the formulae. Null is unknown, never zero.';
COMMENT ON COLUMN release_metrics.dora.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.dora.environment IS 'Environment; DORA means production.';
COMMENT ON COLUMN release_metrics.dora.period IS 'week (ISO, from Monday) or month.';
COMMENT ON COLUMN release_metrics.dora.starts_on IS 'First day, UTC.';
COMMENT ON COLUMN release_metrics.dora.ends_on IS 'First day after it, UTC.';
COMMENT ON COLUMN release_metrics.dora.complete IS 'False while the week or month may still get deployments: it ends after known_until.';
COMMENT ON COLUMN release_metrics.dora.known_until IS 'Deployments are known up to here, UTC: the end of the last reading of deployments, or of the last refresh where nothing reads them.';
COMMENT ON COLUMN release_metrics.dora.days IS 'Its days, of an unfinished one those begun up to known_until.';
COMMENT ON COLUMN release_metrics.dora.deployments IS 'Deployments that finished in it, successful or not. One that deploys several repositories is one. Never counted: abandoned and running ones.';
COMMENT ON COLUMN release_metrics.dora.successful IS 'Those that succeeded, at least in one of their repositories.';
COMMENT ON COLUMN release_metrics.dora.unsuccessful IS 'Those that did not: runs that failed.';
COMMENT ON COLUMN release_metrics.dora.deployment_days IS 'Days with a successful deployment.';
COMMENT ON COLUMN release_metrics.dora.deployment_frequency IS 'Deployment frequency: successful deployments per day, successful / days.';
COMMENT ON COLUMN release_metrics.dora.changes IS 'Commits that reached the environment for the first time in it.';
COMMENT ON COLUMN release_metrics.dora.lead_time_median IS 'Lead time for changes: median time from a commit''s authoring to the first successful deployment that holds it; of an even number the middle of the two in the middle (percentile_cont). Null: no commit is known to have been deployed.';
COMMENT ON COLUMN release_metrics.dora.lead_time_median_low IS 'The same median, of an even number the lower of the two in the middle (percentile_disc), as DevLake has it.';
COMMENT ON COLUMN release_metrics.dora.lead_time_p75 IS 'Three quarters of the lead times are at most this (percentile_cont). Null as the median.';
COMMENT ON COLUMN release_metrics.dora.lead_time_p95 IS 'Nineteen of twenty lead times are at most this (percentile_cont). Null as the median.';
COMMENT ON COLUMN release_metrics.dora.lead_time_from_commit_median IS 'Median from the commit instead of the authoring; a squash or rebase makes it shorter (percentile_cont). Null as the median.';
COMMENT ON COLUMN release_metrics.dora.reached_users IS 'Deployments that reached users: successful ones, and failed runs that an incident or a rollback is known of. The denominator of change_fail_rate and rework_rate.';
COMMENT ON COLUMN release_metrics.dora.failed IS 'Of those, the ones that an incident belongs to or that were rolled back. Null: nobody says which fail, see change_fail_rate.';
COMMENT ON COLUMN release_metrics.dora.change_fail_rate IS 'Change fail rate: failed / reached_users, ratio 0..1. Null: nothing reached users, or nobody says which fail: no incidents are read for the environment, and no deployment to it states whether it was rolled back.';
COMMENT ON COLUMN release_metrics.dora.failed_by_incident IS 'Successful deployments that an incident belongs to. Null as failed.';
COMMENT ON COLUMN release_metrics.dora.change_fail_rate_by_incident IS 'DevLake''s change failure rate: failed_by_incident / successful, ratio 0..1. Null as change_fail_rate.';
COMMENT ON COLUMN release_metrics.dora.change_fail_rate_with_unsuccessful IS 'The rate of those who count failed runs as failed changes: (failed or unsuccessful) / deployments, ratio 0..1. Null as change_fail_rate.';
COMMENT ON COLUMN release_metrics.dora.incidents IS 'Incidents that belong to these deployments, whenever they began. Null as failed.';
COMMENT ON COLUMN release_metrics.dora.recovered IS 'Of the failed deployments, those that users were helped with: all incidents resolved, or replaced by the next success. Null as failed.';
COMMENT ON COLUMN release_metrics.dora.still_failed IS 'Of the failed deployments, the others. Null as failed.';
COMMENT ON COLUMN release_metrics.dora.recovery_time_median IS 'Failed deployment recovery time: median from the end of a failed deployment to its recovery (percentile_cont). Null: none recovered.';
COMMENT ON COLUMN release_metrics.dora.recovery_time_median_low IS 'The same median, of an even number the lower of the two in the middle (percentile_disc). Null: none recovered.';
COMMENT ON COLUMN release_metrics.dora.restore_time_median IS 'Median from the start of a failed deployment''s first incident to its recovery, as the time to restore service of older reports (percentile_cont). Null: none recovered.';
COMMENT ON COLUMN release_metrics.dora.restore_time_median_low IS 'The same median, of an even number the lower of the two in the middle (percentile_disc). Null: none recovered.';
COMMENT ON COLUMN release_metrics.dora.rework IS 'Deployments that were made to mend what users met. Null: nobody says, see rework_rate.';
COMMENT ON COLUMN release_metrics.dora.rework_rate IS 'Deployment rework rate: rework / reached_users, ratio 0..1. Null: nothing reached users, or nobody ever says of a deployment to the environment whether it was planned: not itself, not by the type of its release, not by an incident that it fixed.';

COMMENT ON VIEW release_metrics.deployment_outcome IS 'Grain: one row per finished deployment and environment; the parts that it has in several repositories are one. Key: product, environment, deployment. Fresh: with every delivery_metrics, after delivery_ingest. The rows behind dora.';
COMMENT ON COLUMN release_metrics.deployment_outcome.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.deployment_outcome.environment IS 'Environment.';
COMMENT ON COLUMN release_metrics.deployment_outcome.deployment IS 'Its id at its source.';
COMMENT ON COLUMN release_metrics.deployment_outcome.component IS 'Component that was deployed; empty: the only one, or several.';
COMMENT ON COLUMN release_metrics.deployment_outcome.version IS 'Version; empty if unknown.';
COMMENT ON COLUMN release_metrics.deployment_outcome.result IS 'success (at least in one repository) or failure.';
COMMENT ON COLUMN release_metrics.deployment_outcome.parts IS 'Repositories that it deploys.';
COMMENT ON COLUMN release_metrics.deployment_outcome.started_at IS 'Start, UTC; null if unknown.';
COMMENT ON COLUMN release_metrics.deployment_outcome.finished_at IS 'End of its last successful part, or of its last part where none succeeded, UTC. Figures count it here.';
COMMENT ON COLUMN release_metrics.deployment_outcome.previous_deployment IS 'Success before it of the same environment, repository and component; null: it failed, or is the first.';
COMMENT ON COLUMN release_metrics.deployment_outcome.commits IS 'Commits that it brought to the environment; 0 also where no commits are known.';
COMMENT ON COLUMN release_metrics.deployment_outcome.lead_time_median IS 'Median of their lead times (percentile_cont); null: no commits.';
COMMENT ON COLUMN release_metrics.deployment_outcome.incidents IS 'Incidents that belong to it.';
COMMENT ON COLUMN release_metrics.deployment_outcome.rolled_back IS 'True: undone afterwards; null: its source does not say.';
COMMENT ON COLUMN release_metrics.deployment_outcome.reached_users IS 'True where it succeeded, or an incident or a rollback shows that users met it.';
COMMENT ON COLUMN release_metrics.deployment_outcome.is_failed IS 'True: an incident belongs to it, or it was rolled back. Null: nobody says which deployments to the environment fail.';
COMMENT ON COLUMN release_metrics.deployment_outcome.failed_why IS 'incident, rollback, or both; empty where it is not known to have failed.';
COMMENT ON COLUMN release_metrics.deployment_outcome.failed_at IS 'Start of its first incident, or its end where it was only rolled back, UTC; null where it is not known to have failed.';
COMMENT ON COLUMN release_metrics.deployment_outcome.recovered_at IS 'Resolution of its last incident; of one that was only rolled back the next success of its line, UTC. Null: not failed, or not recovered yet.';
COMMENT ON COLUMN release_metrics.deployment_outcome.recovery_time IS 'From finished_at to recovered_at, at least zero; null as recovered_at.';
COMMENT ON COLUMN release_metrics.deployment_outcome.restore_time IS 'From failed_at to recovered_at, at least zero; null as recovered_at.';
COMMENT ON COLUMN release_metrics.deployment_outcome.is_rework IS 'True: made to mend what users met. Null: nobody says.';
COMMENT ON COLUMN release_metrics.deployment_outcome.rework_why IS 'stated (by its source), fixes an incident, or release type (hotfix or security); empty where it is not known to be rework.';
COMMENT ON COLUMN release_metrics.deployment_outcome.url IS 'Address of its page; empty if unknown.';

COMMENT ON VIEW release_metrics.deployment_predecessor IS 'Grain: one row per finished deployment of one repository. Key: product, deployment, repository. Fresh: always; the facts are those of delivery_ingest. What each deployment replaced.';
COMMENT ON COLUMN release_metrics.deployment_predecessor.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.deployment_predecessor.deployment IS 'Its id at its source.';
COMMENT ON COLUMN release_metrics.deployment_predecessor.repository IS 'Repository in the words of the source; empty where the product has only one.';
COMMENT ON COLUMN release_metrics.deployment_predecessor.environment IS 'Environment.';
COMMENT ON COLUMN release_metrics.deployment_predecessor.component IS 'Component; empty where there is only one.';
COMMENT ON COLUMN release_metrics.deployment_predecessor.version IS 'Version; empty if unknown.';
COMMENT ON COLUMN release_metrics.deployment_predecessor.commit IS 'Commit that was deployed; empty if unknown.';
COMMENT ON COLUMN release_metrics.deployment_predecessor.result IS 'success or failure.';
COMMENT ON COLUMN release_metrics.deployment_predecessor.finished_at IS 'End, UTC.';
COMMENT ON COLUMN release_metrics.deployment_predecessor.previous_deployment IS 'Last success before it with the same environment, repository and component; of two at one instant the one with the lower id came first. Null: it failed, or is the first.';
COMMENT ON COLUMN release_metrics.deployment_predecessor.previous_version IS 'Version of that one; null as previous_deployment.';
COMMENT ON COLUMN release_metrics.deployment_predecessor.previous_commit IS 'Commit of that one: what lies between the two commits is what this deployment brought. Null as previous_deployment.';
COMMENT ON COLUMN release_metrics.deployment_predecessor.previous_finished_at IS 'End of that one, UTC; null as previous_deployment.';

COMMENT ON VIEW release_metrics.incident_deployment IS 'Grain: one row per incident. Key: product, incident. Fresh: with every delivery_metrics, after delivery_ingest. Which deployment an incident is held against.';
COMMENT ON COLUMN release_metrics.incident_deployment.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.incident_deployment.incident IS 'Its id at its source.';
COMMENT ON COLUMN release_metrics.incident_deployment.environment IS 'Environment of the deployment; without one that of the incident, which is production where its source names none.';
COMMENT ON COLUMN release_metrics.incident_deployment.deployment IS 'Deployment that it belongs to: the stated one, else the last that succeeded in the environment before it began. Null: there was none, or none within delivery.incident_within.';
COMMENT ON COLUMN release_metrics.incident_deployment.linked_by IS 'stated or last_success; null where there is no deployment.';
COMMENT ON COLUMN release_metrics.incident_deployment.deployed_at IS 'End of that deployment, UTC; null where there is none, or it is unknown or unfinished here.';
COMMENT ON COLUMN release_metrics.incident_deployment.started_at IS 'Start of the incident, UTC.';
COMMENT ON COLUMN release_metrics.incident_deployment.resolved_at IS 'Its end, UTC; null while open.';
COMMENT ON COLUMN release_metrics.incident_deployment.recovery_time IS 'From deployed_at to resolved_at, at least zero; null where one of them is.';
COMMENT ON COLUMN release_metrics.incident_deployment.restore_time IS 'From started_at to resolved_at; null while open.';
COMMENT ON COLUMN release_metrics.incident_deployment.fixed_by IS 'Deployment that mended it, where the source says so; else empty.';

COMMENT ON VIEW release_metrics.pull_request_flow IS 'Grain: one row per pull request, open ones included. Key: product, repository, pull_request. Fresh: always; the facts are those of delivery_ingest. How long each stage took on the way to production; a stage that would end before it begins is null.';
COMMENT ON COLUMN release_metrics.pull_request_flow.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.pull_request_flow.repository IS 'Repository in the words of the source; empty where the product has only one.';
COMMENT ON COLUMN release_metrics.pull_request_flow.pull_request IS 'Its number, or whatever names it at its source.';
COMMENT ON COLUMN release_metrics.pull_request_flow.author IS 'Login of the author; empty if unknown.';
COMMENT ON COLUMN release_metrics.pull_request_flow.author_is_bot IS 'True where a program opened it.';
COMMENT ON COLUMN release_metrics.pull_request_flow.state IS 'open, merged, or closed without a merge.';
COMMENT ON COLUMN release_metrics.pull_request_flow.base IS 'Branch that it wants to go into.';
COMMENT ON COLUMN release_metrics.pull_request_flow.merge_commit IS 'Commit that brought it into base; empty until merged.';
COMMENT ON COLUMN release_metrics.pull_request_flow.environment IS 'The product''s production environment, in which deployment is looked for.';
COMMENT ON COLUMN release_metrics.pull_request_flow.first_commit IS 'Its commit with the earliest authored time; empty if unknown.';
COMMENT ON COLUMN release_metrics.pull_request_flow.first_commit_at IS 'When that was authored, UTC; null if unknown.';
COMMENT ON COLUMN release_metrics.pull_request_flow.created_at IS 'When it was opened, UTC.';
COMMENT ON COLUMN release_metrics.pull_request_flow.first_review IS 'First review or comment by somebody else than its author; empty: none.';
COMMENT ON COLUMN release_metrics.pull_request_flow.first_review_at IS 'When that was given, UTC; null: none.';
COMMENT ON COLUMN release_metrics.pull_request_flow.approved_at IS 'First approving review, UTC; null: none.';
COMMENT ON COLUMN release_metrics.pull_request_flow.merged_at IS 'When it was merged, UTC; null: not merged.';
COMMENT ON COLUMN release_metrics.pull_request_flow.closed_at IS 'When it was merged or closed, UTC; null while open.';
COMMENT ON COLUMN release_metrics.pull_request_flow.deployment IS 'First deployment that held its merge commit; null: none known.';
COMMENT ON COLUMN release_metrics.pull_request_flow.deployed_at IS 'End of that deployment, UTC; null: none known.';
COMMENT ON COLUMN release_metrics.pull_request_flow.coding_time IS 'From first_commit_at to created_at; null where the commits came later.';
COMMENT ON COLUMN release_metrics.pull_request_flow.pickup_time IS 'From created_at to first_review_at; null: no review.';
COMMENT ON COLUMN release_metrics.pull_request_flow.review_time IS 'From first_review_at to merged_at; null: no review, or reviewed after the merge.';
COMMENT ON COLUMN release_metrics.pull_request_flow.open_time IS 'From created_at to merged_at; null: not merged.';
COMMENT ON COLUMN release_metrics.pull_request_flow.deploy_time IS 'From merged_at to deployed_at; null: not deployed, or deployed before the merge.';
COMMENT ON COLUMN release_metrics.pull_request_flow.cycle_time IS 'From the first commit, or the opening where that was earlier, to deployed_at; null: not deployed.';
COMMENT ON COLUMN release_metrics.pull_request_flow.known_time IS 'Coding, open and deploy time added up, those that are known, as DevLake''s cycle time: of what is not deployed it ends at the merge. Null: not merged.';
