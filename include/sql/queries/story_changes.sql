-- The changes that one release, or a pre-release of it, was the first to have, breaking ones and features first; copies of a change count once.
SELECT commit, type, scope, breaking, description, issues, author, committed_at, first_prerelease, count(*) OVER () AS total
FROM (
    SELECT DISTINCT ON (change) *
    FROM release_ops.change_log
    WHERE product = %(product)s AND told AND reverted_by IS NULL
        AND (
            first_final = %(version)s
            OR first_final IS NULL AND starts_with(first_prerelease, %(version)s)
            AND substr(first_prerelease, length(%(version)s) + 1) ~ '^[-.]?[A-Za-z]'
        )
    ORDER BY change, committed_at, commit
) c
ORDER BY breaking DESC, array_position(ARRAY['security', 'feat', 'fix', 'perf'], type) NULLS LAST, type, committed_at DESC NULLS LAST, commit
LIMIT %(limit)s OFFSET %(offset)s
