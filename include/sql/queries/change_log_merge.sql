-- Write what the stage has and the change log has not; a row that is the same stays untouched.
INSERT INTO release_ops.change_log AS c
    (product, commit, change, told, type, scope, breaking, description, issues, author, authored_at, committed_at,
    first_prerelease, first_final, reverted_by, updated_at)
SELECT s.product, s.commit, s.change, s.told, s.type, s.scope, s.breaking, s.description, s.issues, s.author,
    s.authored_at, s.committed_at, s.first_prerelease, s.first_final, s.reverted_by, now()
FROM change_log_stage AS s
LEFT JOIN release_ops.change_log AS known ON known.product = s.product AND known.commit = s.commit
WHERE known.commit IS NULL
    OR (known.change, known.told, known.type, known.scope, known.breaking, known.description, known.issues, known.author,
        known.authored_at, known.committed_at, known.first_prerelease, known.first_final, known.reverted_by)
    IS DISTINCT FROM (s.change, s.told, s.type, s.scope, s.breaking, s.description, s.issues, s.author,
        s.authored_at, s.committed_at, s.first_prerelease, s.first_final, s.reverted_by)
ON CONFLICT (product, commit) DO UPDATE SET
    change = excluded.change,
    told = excluded.told,
    type = excluded.type,
    scope = excluded.scope,
    breaking = excluded.breaking,
    description = excluded.description,
    issues = excluded.issues,
    author = excluded.author,
    authored_at = excluded.authored_at,
    committed_at = excluded.committed_at,
    first_prerelease = excluded.first_prerelease,
    first_final = excluded.first_final,
    reverted_by = excluded.reverted_by,
    updated_at = excluded.updated_at
