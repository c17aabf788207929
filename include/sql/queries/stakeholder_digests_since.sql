-- Day after which the digests of each stakeholder count: before the oldest open one, or one that something still stands in for, or that of the last one.
WITH digest AS (
    SELECT state, coalesce(nullif(escalates, ''), key) AS origin
    FROM release_ops.stakeholder_message
    WHERE starts_with(key, 'message:digest:')
)
SELECT split_part(origin, ':', 3) AS stakeholder, coalesce(
    min(split_part(origin, ':', 4)::date) FILTER (WHERE state IN ('due', 'held', 'failed')) - 1,
    max(split_part(origin, ':', 4)::date)
) AS since
FROM digest
WHERE origin ~ '^message:digest:[^:]+:\d{4}-\d{2}-\d{2}$'
GROUP BY 1
