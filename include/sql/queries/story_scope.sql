-- The features of one release, the important first, with how many there are and how much of them is done.
SELECT feature, title, url, owner, team, priority, status, points, planned, plan_reason, disposition, deadline, reason AS disposition_reason,
    snapshot_at, count(*) OVER () AS total
FROM release_ops.scope_feature
WHERE product = %(product)s AND version = %(version)s
ORDER BY planned IS FALSE, disposition IS NOT DISTINCT FROM 'excluded', array_position(ARRAY['must', 'should', 'could'], priority), feature
LIMIT %(limit)s OFFSET %(offset)s
