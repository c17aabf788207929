-- The changes that one release, or a pre-release of it, was the first to have, counted by type; copies of a change count once.
SELECT type, count(DISTINCT change) AS changes, count(DISTINCT change) FILTER (WHERE breaking) AS breaking
FROM release_ops.change_log
WHERE product = %(product)s AND told AND reverted_by IS NULL
    AND (
        first_final = %(version)s
        OR first_final IS NULL AND starts_with(first_prerelease, %(version)s)
        AND substr(first_prerelease, length(%(version)s) + 1) ~ '^[-.]?[A-Za-z]'
    )
GROUP BY type
ORDER BY changes DESC, type
