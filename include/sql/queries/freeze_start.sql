-- A branch is frozen; frozen again, the first start stays and a lifted freeze stays lifted.
-- optional: base_commit, report
INSERT INTO release_ops.freeze AS f (product, version, branch, base_commit, started_at, report)
VALUES (
    %(product)s, %(version)s, %(branch)s, coalesce(%(base_commit)s, ''), %(started_at)s, coalesce(%(report)s, '')
)
ON CONFLICT (product, version) DO UPDATE SET
    branch = excluded.branch,
    base_commit = coalesce(nullif(f.base_commit, ''), excluded.base_commit),
    report = coalesce(%(report)s, f.report)
