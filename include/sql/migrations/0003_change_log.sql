-- In which release is a change: every commit of a product's history with the first releases that have it.

CREATE TABLE release_ops.change_log (
    product text NOT NULL,
    commit text NOT NULL,
    change text NOT NULL,
    told boolean NOT NULL,
    type text NOT NULL,
    scope text NOT NULL,
    breaking boolean NOT NULL,
    description text NOT NULL,
    issues text[] NOT NULL,
    author text NOT NULL,
    authored_at timestamptz,
    committed_at timestamptz,
    first_prerelease text,
    first_final text,
    reverted_by text,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, commit)
);
CREATE INDEX change_log_by_change ON release_ops.change_log (product, change);
CREATE INDEX change_log_by_release ON release_ops.change_log (product, first_final);
CREATE INDEX change_log_by_issue ON release_ops.change_log USING gin (issues);
COMMENT ON TABLE release_ops.change_log IS 'One row per product and commit: what it tells and in which releases it was first.';

CREATE VIEW release_metrics.change_log AS
SELECT product, commit, change, nullif(change, commit) AS copy_of, told, type, scope, breaking, description, issues, author,
    authored_at, committed_at, first_prerelease, first_final, reverted_by, updated_at
FROM release_ops.change_log;
COMMENT ON VIEW release_metrics.change_log IS 'Grain: one row per product and commit of its default branch, its release branches and its releases. Key: product, commit. Fresh: when a milestone that tags ends, and once a day. In which release a change is.';
COMMENT ON COLUMN release_metrics.change_log.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.change_log.commit IS 'Full commit id.';
COMMENT ON COLUMN release_metrics.change_log.change IS 'Commit id of the first copy: the same for a change and all its cherry-picks and backports. A change that was backported is in a release when any row of it is.';
COMMENT ON COLUMN release_metrics.change_log.copy_of IS 'change, where the commit is a copy of another; else null.';
COMMENT ON COLUMN release_metrics.change_log.told IS 'True if the commit tells a change; false for merges and for messages that Git or a release tool wrote.';
COMMENT ON COLUMN release_metrics.change_log.type IS 'Type by Conventional Commits, such as feat or fix; empty without one. Of a commit with several changes the first.';
COMMENT ON COLUMN release_metrics.change_log.scope IS 'Scope by Conventional Commits; empty without one.';
COMMENT ON COLUMN release_metrics.change_log.breaking IS 'True if any of its changes is a breaking one.';
COMMENT ON COLUMN release_metrics.change_log.description IS 'Description, or the subject of a commit that tells no change; at most 500 characters. Text from outside: escape it where you show it.';
COMMENT ON COLUMN release_metrics.change_log.issues IS 'Issues and pull requests that it names, such as {#12,WEB-7}; may be empty.';
COMMENT ON COLUMN release_metrics.change_log.author IS 'Name of the author as the repository''s .mailmap has it, without the address.';
COMMENT ON COLUMN release_metrics.change_log.authored_at IS 'When it was written, UTC; copies keep it; null if unknown.';
COMMENT ON COLUMN release_metrics.change_log.committed_at IS 'When it was committed, UTC; null if unknown.';
COMMENT ON COLUMN release_metrics.change_log.first_prerelease IS 'Version of the first release that has the commit, if that is a pre-release; null if a final release had it first, or none.';
COMMENT ON COLUMN release_metrics.change_log.first_final IS 'Version of the first final release that has the commit, by ancestry; null: not released yet.';
COMMENT ON COLUMN release_metrics.change_log.reverted_by IS 'Commit id that took it back, and that was not itself reverted; null if it stands. Its own row says from which release on.';
COMMENT ON COLUMN release_metrics.change_log.updated_at IS 'When this row last changed, UTC.';
