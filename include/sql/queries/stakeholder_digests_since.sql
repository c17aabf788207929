-- Day after which the digests of each stakeholder count: before the oldest open one, or that of the last one.
SELECT stakeholder, coalesce(
    min(split_part(key, ':', 4)::date) FILTER (WHERE state IN ('due', 'held', 'failed')) - 1,
    max(split_part(key, ':', 4)::date)
) AS since
FROM release_ops.stakeholder_message
WHERE phase = 'digest' AND key ~ '^message:digest:[^:]+:\d{4}-\d{2}-\d{2}$'
GROUP BY stakeholder
