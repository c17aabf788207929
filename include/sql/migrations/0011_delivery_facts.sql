-- Facts of delivery as the ingest found them: one row per thing in an outside system, keyed by that system's own name for it.
-- Reading a thing again writes its row again; loaded_at is when a row last really changed.

CREATE TABLE release_ops.ingest_state (
    product text NOT NULL,
    source text NOT NULL,
    stream text NOT NULL,
    watermark jsonb NOT NULL DEFAULT '{}',
    rows bigint NOT NULL DEFAULT 0,
    started_at timestamptz,
    finished_at timestamptz,
    problem text NOT NULL DEFAULT '',
    PRIMARY KEY (product, source, stream)
);
COMMENT ON TABLE release_ops.ingest_state IS 'One row per product, source and stream: how far delivery_ingest has read.';
COMMENT ON COLUMN release_ops.ingest_state.source IS 'git, github, csv or sql.';
COMMENT ON COLUMN release_ops.ingest_state.stream IS 'What is read: commits, pull_requests, issues, deployments, and so on.';
COMMENT ON COLUMN release_ops.ingest_state.watermark IS 'Where the next reading goes on, in the words of the source; it is moved in the transaction that writes the rows.';
COMMENT ON COLUMN release_ops.ingest_state.rows IS 'Rows written by the last finished reading.';
COMMENT ON COLUMN release_ops.ingest_state.started_at IS 'When the last reading began.';
COMMENT ON COLUMN release_ops.ingest_state.finished_at IS 'When the last reading that got to its end did so; null: none yet.';
COMMENT ON COLUMN release_ops.ingest_state.problem IS 'Why the last reading ended early; empty when it did not.';

CREATE TABLE release_ops.commit (
    product text NOT NULL,
    repository text NOT NULL DEFAULT '',
    commit text NOT NULL,
    author text NOT NULL DEFAULT '',
    authored_at timestamptz NOT NULL,
    committed_at timestamptz NOT NULL,
    source text NOT NULL DEFAULT '',
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, repository, commit)
);
COMMENT ON TABLE release_ops.commit IS 'One row per commit of a product''s repositories.';
COMMENT ON COLUMN release_ops.commit.product IS 'Id of the product.';
COMMENT ON COLUMN release_ops.commit.repository IS 'Repository in the words of the source; empty where the product has only one.';
COMMENT ON COLUMN release_ops.commit.commit IS 'Full id of the commit.';
COMMENT ON COLUMN release_ops.commit.author IS 'Name of the author.';
COMMENT ON COLUMN release_ops.commit.authored_at IS 'When the change was first written; a rebase keeps it.';
COMMENT ON COLUMN release_ops.commit.committed_at IS 'When this commit was made; a rebase or squash renews it.';
COMMENT ON COLUMN release_ops.commit.source IS 'git, github, csv or sql.';
COMMENT ON COLUMN release_ops.commit.loaded_at IS 'When this row last changed here.';
CREATE INDEX commit_by_time ON release_ops.commit (product, committed_at);

CREATE TABLE release_ops.pull_request (
    product text NOT NULL,
    repository text NOT NULL DEFAULT '',
    pull_request text NOT NULL,
    title text NOT NULL DEFAULT '',
    url text NOT NULL DEFAULT '',
    author text NOT NULL DEFAULT '',
    author_is_bot boolean NOT NULL DEFAULT false,
    state text NOT NULL CHECK (state IN ('open', 'merged', 'closed')),
    base text NOT NULL DEFAULT '',
    head text NOT NULL DEFAULT '',
    head_commit text NOT NULL DEFAULT '',
    merge_commit text NOT NULL DEFAULT '',
    first_commit text NOT NULL DEFAULT '',
    first_commit_at timestamptz,
    created_at timestamptz NOT NULL,
    ready_at timestamptz,
    first_review_at timestamptz,
    first_review text NOT NULL DEFAULT '',
    approved_at timestamptz,
    merged_at timestamptz,
    closed_at timestamptz,
    updated_at timestamptz,
    commits integer,
    additions integer,
    deletions integer,
    changed_files integer,
    labels text[] NOT NULL DEFAULT '{}',
    source text NOT NULL DEFAULT '',
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, repository, pull_request)
);
COMMENT ON TABLE release_ops.pull_request IS 'One row per pull request, open ones included.';
COMMENT ON COLUMN release_ops.pull_request.product IS 'Id of the product.';
COMMENT ON COLUMN release_ops.pull_request.repository IS 'Repository in the words of the source; empty where the product has only one.';
COMMENT ON COLUMN release_ops.pull_request.pull_request IS 'Its number, or whatever names it at its source.';
COMMENT ON COLUMN release_ops.pull_request.title IS 'Title; text from outside.';
COMMENT ON COLUMN release_ops.pull_request.url IS 'Address of its page; empty if unknown.';
COMMENT ON COLUMN release_ops.pull_request.author IS 'Login of the author; empty if unknown.';
COMMENT ON COLUMN release_ops.pull_request.author_is_bot IS 'True where a program opened it.';
COMMENT ON COLUMN release_ops.pull_request.state IS 'open, merged, or closed without a merge.';
COMMENT ON COLUMN release_ops.pull_request.base IS 'Branch that it wants to go into.';
COMMENT ON COLUMN release_ops.pull_request.head IS 'Branch that it comes from.';
COMMENT ON COLUMN release_ops.pull_request.head_commit IS 'Last commit of its branch.';
COMMENT ON COLUMN release_ops.pull_request.merge_commit IS 'Commit that brought it into base; empty until merged.';
COMMENT ON COLUMN release_ops.pull_request.first_commit IS 'Its commit with the earliest authored time; empty if unknown.';
COMMENT ON COLUMN release_ops.pull_request.first_commit_at IS 'When that commit was authored; null if unknown.';
COMMENT ON COLUMN release_ops.pull_request.created_at IS 'When it was opened.';
COMMENT ON COLUMN release_ops.pull_request.ready_at IS 'When it last ceased to be a draft; null: never was one, still is one, or unknown.';
COMMENT ON COLUMN release_ops.pull_request.first_review_at IS 'First review or comment by somebody else than its author; null: none.';
COMMENT ON COLUMN release_ops.pull_request.first_review IS 'Id of that review or comment at its source.';
COMMENT ON COLUMN release_ops.pull_request.approved_at IS 'First approving review; null: none.';
COMMENT ON COLUMN release_ops.pull_request.merged_at IS 'When it was merged; null: not merged.';
COMMENT ON COLUMN release_ops.pull_request.closed_at IS 'When it was merged or closed; null while open.';
COMMENT ON COLUMN release_ops.pull_request.updated_at IS 'When its source last changed it.';
COMMENT ON COLUMN release_ops.pull_request.commits IS 'Number of its commits; null if unknown.';
COMMENT ON COLUMN release_ops.pull_request.additions IS 'Lines added; null if unknown.';
COMMENT ON COLUMN release_ops.pull_request.deletions IS 'Lines removed; null if unknown.';
COMMENT ON COLUMN release_ops.pull_request.changed_files IS 'Files changed; null if unknown.';
COMMENT ON COLUMN release_ops.pull_request.labels IS 'Its labels.';
COMMENT ON COLUMN release_ops.pull_request.source IS 'github, csv or sql.';
COMMENT ON COLUMN release_ops.pull_request.loaded_at IS 'When this row last changed here.';
CREATE INDEX pull_request_by_merge ON release_ops.pull_request (product, merged_at) WHERE merged_at IS NOT NULL;
CREATE INDEX pull_request_by_commit ON release_ops.pull_request (product, repository, merge_commit) WHERE merge_commit <> '';

CREATE TABLE release_ops.pull_review (
    product text NOT NULL,
    repository text NOT NULL DEFAULT '',
    pull_request text NOT NULL,
    review text NOT NULL,
    author text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'commented' CHECK (state IN ('approved', 'changes_requested', 'commented', 'dismissed')),
    submitted_at timestamptz NOT NULL,
    source text NOT NULL DEFAULT '',
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, repository, pull_request, review)
);
COMMENT ON TABLE release_ops.pull_review IS 'One row per review of a pull request, or comment on it by somebody.';
COMMENT ON COLUMN release_ops.pull_review.product IS 'Id of the product.';
COMMENT ON COLUMN release_ops.pull_review.repository IS 'Repository in the words of the source; empty where the product has only one.';
COMMENT ON COLUMN release_ops.pull_review.pull_request IS 'Pull request that was reviewed.';
COMMENT ON COLUMN release_ops.pull_review.review IS 'Id of the review at its source.';
COMMENT ON COLUMN release_ops.pull_review.author IS 'Login of the reviewer; empty if unknown.';
COMMENT ON COLUMN release_ops.pull_review.state IS 'approved, changes_requested, commented or dismissed.';
COMMENT ON COLUMN release_ops.pull_review.submitted_at IS 'When it was given.';
COMMENT ON COLUMN release_ops.pull_review.source IS 'github, csv or sql.';
COMMENT ON COLUMN release_ops.pull_review.loaded_at IS 'When this row last changed here.';

CREATE TABLE release_ops.check_run (
    product text NOT NULL,
    repository text NOT NULL DEFAULT '',
    commit text NOT NULL,
    name text NOT NULL,
    pull_request text NOT NULL DEFAULT '',
    state text NOT NULL CHECK (state IN ('pending', 'success', 'failure', 'neutral', 'cancelled')),
    started_at timestamptz,
    completed_at timestamptz,
    url text NOT NULL DEFAULT '',
    source text NOT NULL DEFAULT '',
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, repository, commit, name)
);
COMMENT ON TABLE release_ops.check_run IS 'One row per commit and check: its last run.';
COMMENT ON COLUMN release_ops.check_run.product IS 'Id of the product.';
COMMENT ON COLUMN release_ops.check_run.repository IS 'Repository in the words of the source; empty where the product has only one.';
COMMENT ON COLUMN release_ops.check_run.commit IS 'Commit that was checked.';
COMMENT ON COLUMN release_ops.check_run.name IS 'Name of the check.';
COMMENT ON COLUMN release_ops.check_run.pull_request IS 'Pull request whose last commit it is; empty if none.';
COMMENT ON COLUMN release_ops.check_run.state IS 'pending, success, failure, neutral (skipped included) or cancelled.';
COMMENT ON COLUMN release_ops.check_run.started_at IS 'Start; null if unknown.';
COMMENT ON COLUMN release_ops.check_run.completed_at IS 'End; null while it runs, or if unknown.';
COMMENT ON COLUMN release_ops.check_run.url IS 'Address of its page; empty if unknown.';
COMMENT ON COLUMN release_ops.check_run.source IS 'github, csv or sql.';
COMMENT ON COLUMN release_ops.check_run.loaded_at IS 'When this row last changed here.';

CREATE TABLE release_ops.issue (
    product text NOT NULL,
    repository text NOT NULL DEFAULT '',
    issue text NOT NULL,
    title text NOT NULL DEFAULT '',
    url text NOT NULL DEFAULT '',
    author text NOT NULL DEFAULT '',
    state text NOT NULL CHECK (state IN ('open', 'closed')),
    labels text[] NOT NULL DEFAULT '{}',
    severity text NOT NULL DEFAULT '' CHECK (severity IN ('', 'critical', 'high', 'medium', 'low')),
    is_incident boolean NOT NULL DEFAULT false,
    milestone text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    closed_at timestamptz,
    updated_at timestamptz,
    source text NOT NULL DEFAULT '',
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, repository, issue)
);
COMMENT ON TABLE release_ops.issue IS 'One row per issue (ticket); pull requests are no issues.';
COMMENT ON COLUMN release_ops.issue.product IS 'Id of the product.';
COMMENT ON COLUMN release_ops.issue.repository IS 'Repository in the words of the source; empty where the product has only one.';
COMMENT ON COLUMN release_ops.issue.issue IS 'Its number or key at its source.';
COMMENT ON COLUMN release_ops.issue.title IS 'Title; text from outside.';
COMMENT ON COLUMN release_ops.issue.url IS 'Address of its page; empty if unknown.';
COMMENT ON COLUMN release_ops.issue.author IS 'Login of who opened it; empty if unknown.';
COMMENT ON COLUMN release_ops.issue.state IS 'open or closed.';
COMMENT ON COLUMN release_ops.issue.labels IS 'Its labels.';
COMMENT ON COLUMN release_ops.issue.severity IS 'critical, high, medium or low by its labels (delivery.severities of the product file); empty: none of them.';
COMMENT ON COLUMN release_ops.issue.is_incident IS 'True where a label (delivery.incidents) makes it an incident; it then has a row in incident too.';
COMMENT ON COLUMN release_ops.issue.milestone IS 'Milestone or fix version that it is planned for; empty if none.';
COMMENT ON COLUMN release_ops.issue.created_at IS 'When it was opened.';
COMMENT ON COLUMN release_ops.issue.closed_at IS 'When it was closed; null while open.';
COMMENT ON COLUMN release_ops.issue.updated_at IS 'When its source last changed it.';
COMMENT ON COLUMN release_ops.issue.source IS 'github, csv or sql.';
COMMENT ON COLUMN release_ops.issue.loaded_at IS 'When this row last changed here.';
CREATE INDEX issue_by_creation ON release_ops.issue (product, created_at);

CREATE TABLE release_ops.published_release (
    product text NOT NULL,
    repository text NOT NULL DEFAULT '',
    tag text NOT NULL,
    name text NOT NULL DEFAULT '',
    version text NOT NULL DEFAULT '',
    is_prerelease boolean NOT NULL DEFAULT false,
    commit text NOT NULL DEFAULT '',
    url text NOT NULL DEFAULT '',
    created_at timestamptz,
    published_at timestamptz,
    source text NOT NULL DEFAULT '',
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, repository, tag)
);
COMMENT ON TABLE release_ops.published_release IS 'One row per release as the forge publishes it, or per tag of a version where there is only git.';
COMMENT ON COLUMN release_ops.published_release.product IS 'Id of the product.';
COMMENT ON COLUMN release_ops.published_release.repository IS 'Repository in the words of the source; empty where the product has only one.';
COMMENT ON COLUMN release_ops.published_release.tag IS 'Its tag.';
COMMENT ON COLUMN release_ops.published_release.name IS 'Its title; text from outside.';
COMMENT ON COLUMN release_ops.published_release.version IS 'Version by the product''s pattern of tags; empty where the tag does not follow it.';
COMMENT ON COLUMN release_ops.published_release.is_prerelease IS 'True for alpha, beta, rc and the like.';
COMMENT ON COLUMN release_ops.published_release.commit IS 'Commit that is tagged; empty if unknown.';
COMMENT ON COLUMN release_ops.published_release.url IS 'Address of its page; empty if unknown.';
COMMENT ON COLUMN release_ops.published_release.created_at IS 'When it was drafted, or the time of the tagged commit.';
COMMENT ON COLUMN release_ops.published_release.published_at IS 'When it was published, or the time of the tag; null: unknown, or a draft.';
COMMENT ON COLUMN release_ops.published_release.source IS 'git, github, csv or sql.';
COMMENT ON COLUMN release_ops.published_release.loaded_at IS 'When this row last changed here.';

CREATE TABLE release_ops.deployment (
    product text NOT NULL,
    deployment text NOT NULL,
    repository text NOT NULL DEFAULT '',
    environment text NOT NULL,
    component text NOT NULL DEFAULT '',
    version text NOT NULL DEFAULT '',
    commit text NOT NULL DEFAULT '',
    ref text NOT NULL DEFAULT '',
    result text NOT NULL CHECK (result IN ('success', 'failure', 'abandoned', 'running')),
    created_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    unplanned boolean,
    rolled_back boolean,
    url text NOT NULL DEFAULT '',
    source text NOT NULL DEFAULT '',
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, deployment, repository),
    CHECK (result = 'running' OR finished_at IS NOT NULL)
);
COMMENT ON TABLE release_ops.deployment IS 'One row per deployment of one repository to one environment.';
COMMENT ON COLUMN release_ops.deployment.product IS 'Id of the product.';
COMMENT ON COLUMN release_ops.deployment.deployment IS 'Its id at its source.';
COMMENT ON COLUMN release_ops.deployment.repository IS 'Repository that the commit is in, in the words of the source; empty where the product has only one.';
COMMENT ON COLUMN release_ops.deployment.environment IS 'Environment, by the names of the product file (delivery.environments).';
COMMENT ON COLUMN release_ops.deployment.component IS 'Part of the product that is deployed on its own (a service, a pipeline); empty where there is only one.';
COMMENT ON COLUMN release_ops.deployment.version IS 'Version that was deployed; empty if unknown.';
COMMENT ON COLUMN release_ops.deployment.commit IS 'Commit that was deployed; empty if unknown.';
COMMENT ON COLUMN release_ops.deployment.ref IS 'Branch or tag that was deployed; empty if unknown.';
COMMENT ON COLUMN release_ops.deployment.result IS 'success (also of one that was replaced later), failure, abandoned (never took place) or running.';
COMMENT ON COLUMN release_ops.deployment.created_at IS 'When it was asked for; null if unknown.';
COMMENT ON COLUMN release_ops.deployment.started_at IS 'Start; null if unknown.';
COMMENT ON COLUMN release_ops.deployment.finished_at IS 'When it succeeded or failed; null while it runs. All figures count it here.';
COMMENT ON COLUMN release_ops.deployment.unplanned IS 'True: made to mend what users met (a hotfix, a rollback); false: planned; null: the source does not say.';
COMMENT ON COLUMN release_ops.deployment.rolled_back IS 'True: undone afterwards; null: the source does not say.';
COMMENT ON COLUMN release_ops.deployment.url IS 'Address of its page; empty if unknown.';
COMMENT ON COLUMN release_ops.deployment.source IS 'release_ops, github, csv or sql.';
COMMENT ON COLUMN release_ops.deployment.loaded_at IS 'When this row last changed here.';
CREATE INDEX deployment_by_end ON release_ops.deployment (product, environment, finished_at);
CREATE INDEX deployment_in_line ON release_ops.deployment (product, environment, repository, component, finished_at)
    WHERE result = 'success';

CREATE TABLE release_ops.deployment_status (
    product text NOT NULL,
    deployment text NOT NULL,
    status text NOT NULL,
    state text NOT NULL,
    description text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    source text NOT NULL DEFAULT '',
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, deployment, status)
);
COMMENT ON TABLE release_ops.deployment_status IS 'One row per change of a deployment''s state.';
COMMENT ON COLUMN release_ops.deployment_status.product IS 'Id of the product.';
COMMENT ON COLUMN release_ops.deployment_status.deployment IS 'Deployment that changed.';
COMMENT ON COLUMN release_ops.deployment_status.status IS 'Id of the change at its source.';
COMMENT ON COLUMN release_ops.deployment_status.state IS 'State in the words of the source, in lower case: queued, in_progress, success, failure, error, inactive, and so on.';
COMMENT ON COLUMN release_ops.deployment_status.description IS 'What the source says of it; text from outside.';
COMMENT ON COLUMN release_ops.deployment_status.created_at IS 'When the state was entered.';
COMMENT ON COLUMN release_ops.deployment_status.source IS 'release_ops, github, csv or sql.';
COMMENT ON COLUMN release_ops.deployment_status.loaded_at IS 'When this row last changed here.';

CREATE TABLE release_ops.deployed_commit (
    product text NOT NULL,
    environment text NOT NULL,
    repository text NOT NULL DEFAULT '',
    component text NOT NULL DEFAULT '',
    commit text NOT NULL,
    deployment text NOT NULL,
    deployed_at timestamptz NOT NULL,
    authored_at timestamptz NOT NULL,
    committed_at timestamptz NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, environment, repository, component, commit)
);
COMMENT ON TABLE release_ops.deployed_commit IS 'One row per commit, component and environment that it reached: the first successful deployment that held it.';
COMMENT ON COLUMN release_ops.deployed_commit.product IS 'Id of the product.';
COMMENT ON COLUMN release_ops.deployed_commit.environment IS 'Environment that it reached.';
COMMENT ON COLUMN release_ops.deployed_commit.repository IS 'Repository of the commit.';
COMMENT ON COLUMN release_ops.deployed_commit.component IS 'Component that it reached the environment in; empty where there is only one.';
COMMENT ON COLUMN release_ops.deployed_commit.commit IS 'Full id of the commit.';
COMMENT ON COLUMN release_ops.deployed_commit.deployment IS 'First successful deployment that holds it and whose predecessor does not. Commits of the first deployment of all have no row: nobody knows which of them are new.';
COMMENT ON COLUMN release_ops.deployed_commit.deployed_at IS 'When that deployment finished.';
COMMENT ON COLUMN release_ops.deployed_commit.authored_at IS 'When the change was first written.';
COMMENT ON COLUMN release_ops.deployed_commit.committed_at IS 'When the commit was made.';
COMMENT ON COLUMN release_ops.deployed_commit.loaded_at IS 'When this row last changed here.';
CREATE INDEX deployed_commit_by_time ON release_ops.deployed_commit (product, environment, deployed_at);
CREATE INDEX deployed_commit_by_deployment ON release_ops.deployed_commit (product, deployment);

CREATE TABLE release_ops.incident (
    product text NOT NULL,
    incident text NOT NULL,
    environment text NOT NULL DEFAULT '',
    title text NOT NULL DEFAULT '',
    severity text NOT NULL DEFAULT '' CHECK (severity IN ('', 'critical', 'high', 'medium', 'low')),
    started_at timestamptz NOT NULL,
    resolved_at timestamptz,
    deployment text NOT NULL DEFAULT '',
    fixed_by text NOT NULL DEFAULT '',
    url text NOT NULL DEFAULT '',
    source text NOT NULL DEFAULT '',
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, incident),
    CHECK (resolved_at IS NULL OR resolved_at >= started_at)
);
COMMENT ON TABLE release_ops.incident IS 'One row per incident: users met a failure of the product.';
COMMENT ON COLUMN release_ops.incident.product IS 'Id of the product.';
COMMENT ON COLUMN release_ops.incident.incident IS 'Its id at its source.';
COMMENT ON COLUMN release_ops.incident.environment IS 'Environment that failed; empty: the product''s production environment.';
COMMENT ON COLUMN release_ops.incident.title IS 'Title; text from outside.';
COMMENT ON COLUMN release_ops.incident.severity IS 'critical, high, medium or low; empty if unknown.';
COMMENT ON COLUMN release_ops.incident.started_at IS 'When it began, or was reported.';
COMMENT ON COLUMN release_ops.incident.resolved_at IS 'When users were well again; null while open.';
COMMENT ON COLUMN release_ops.incident.deployment IS 'Deployment that brought it, where the source says so; empty: the rule of docs/metrics.md finds it.';
COMMENT ON COLUMN release_ops.incident.fixed_by IS 'Deployment that mended it, where the source says so.';
COMMENT ON COLUMN release_ops.incident.url IS 'Address of its page; empty if unknown.';
COMMENT ON COLUMN release_ops.incident.source IS 'release_ops, github, csv or sql.';
COMMENT ON COLUMN release_ops.incident.loaded_at IS 'When this row last changed here.';
CREATE INDEX incident_by_start ON release_ops.incident (product, started_at);

CREATE TABLE release_ops.flag_change (
    product text NOT NULL,
    change text NOT NULL,
    flag text NOT NULL,
    environment text NOT NULL DEFAULT '',
    version text NOT NULL DEFAULT '',
    old_value text NOT NULL DEFAULT '',
    new_value text NOT NULL,
    changed_by text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    changed_at timestamptz NOT NULL,
    source text NOT NULL DEFAULT '',
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, change)
);
COMMENT ON TABLE release_ops.flag_change IS 'One row per change of a feature flag.';
COMMENT ON COLUMN release_ops.flag_change.product IS 'Id of the product.';
COMMENT ON COLUMN release_ops.flag_change.change IS 'Id of the change at its source.';
COMMENT ON COLUMN release_ops.flag_change.flag IS 'Key of the flag.';
COMMENT ON COLUMN release_ops.flag_change.environment IS 'Environment; empty: all of them.';
COMMENT ON COLUMN release_ops.flag_change.version IS 'Release that it belongs to; empty if none.';
COMMENT ON COLUMN release_ops.flag_change.old_value IS 'What it was, such as off or 10 %; empty if unknown.';
COMMENT ON COLUMN release_ops.flag_change.new_value IS 'What it became.';
COMMENT ON COLUMN release_ops.flag_change.changed_by IS 'Who changed it; empty if unknown.';
COMMENT ON COLUMN release_ops.flag_change.reason IS 'Why; text from outside.';
COMMENT ON COLUMN release_ops.flag_change.changed_at IS 'When.';
COMMENT ON COLUMN release_ops.flag_change.source IS 'release_ops, csv or sql.';
COMMENT ON COLUMN release_ops.flag_change.loaded_at IS 'When this row last changed here.';

CREATE TABLE release_ops.release_measure (
    product text NOT NULL,
    version text NOT NULL,
    measure text NOT NULL,
    value numeric NOT NULL,
    unit text NOT NULL DEFAULT '',
    measured_at timestamptz NOT NULL,
    source text NOT NULL DEFAULT '',
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, version, measure)
);
COMMENT ON TABLE release_ops.release_measure IS 'One row per release and measure that others take: scores of surveys, costs. Also of versions that were out before Release Ops was used, which release and release_scorecard do not have: to keep them, start from here.';
COMMENT ON COLUMN release_ops.release_measure.product IS 'Id of the product.';
COMMENT ON COLUMN release_ops.release_measure.version IS 'Version of the release.';
COMMENT ON COLUMN release_ops.release_measure.measure IS 'What was measured: nps, csat, ces, cost, or a name of the team''s own.';
COMMENT ON COLUMN release_ops.release_measure.value IS 'Its value: nps -100..100, csat and ces as their surveys count, cost in the currency of unit.';
COMMENT ON COLUMN release_ops.release_measure.unit IS 'Unit, of a cost the ISO 4217 code of its currency.';
COMMENT ON COLUMN release_ops.release_measure.measured_at IS 'When it was taken.';
COMMENT ON COLUMN release_ops.release_measure.source IS 'release_ops, csv or sql.';
COMMENT ON COLUMN release_ops.release_measure.loaded_at IS 'When this row last changed here.';

-- What data teams may read of it: the same rows under the same names, with the same words said of them.
DO $$
DECLARE
    fact text;
BEGIN
    FOREACH fact IN ARRAY ARRAY[
        'commit', 'pull_request', 'pull_review', 'check_run', 'issue', 'published_release', 'deployment', 'deployment_status',
        'deployed_commit', 'incident', 'flag_change', 'release_measure'
    ] LOOP
        EXECUTE format('CREATE VIEW release_metrics.%1$I AS SELECT * FROM release_ops.%1$I', fact);
        EXECUTE format('COMMENT ON VIEW release_metrics.%I IS %L', fact, (
            SELECT 'Grain: o' || substr(obj_description(i.indrelid, 'pg_class'), 2) || ' Key: '
                || string_agg(a.attname, ', ' ORDER BY array_position(i.indkey::smallint[], a.attnum))
                || '. Fresh: with every delivery_ingest, hourly.'
            FROM pg_index i
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
            WHERE i.indrelid = format('release_ops.%I', fact)::regclass AND i.indisprimary
            GROUP BY i.indrelid
        ));
    END LOOP;
    FOR fact IN
        SELECT format('COMMENT ON COLUMN release_metrics.%I.%I IS %L', c.relname, a.attname, col_description(t.oid, b.attnum))
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        JOIN pg_class t ON t.relname = c.relname AND t.relnamespace = 'release_ops'::regnamespace
        JOIN pg_attribute b ON b.attrelid = t.oid AND b.attname = a.attname AND b.attnum > 0
        WHERE c.relnamespace = 'release_metrics'::regnamespace AND c.relkind = 'v'
            AND col_description(c.oid, a.attnum) IS NULL AND col_description(t.oid, b.attnum) IS NOT NULL
    LOOP
        EXECUTE fact;
    END LOOP;
END
$$;
