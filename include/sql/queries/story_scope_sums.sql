-- How much one release holds and how much of it is done, without what was deferred or excluded; points are null where nothing has an estimate.
SELECT count(*) AS features, count(*) FILTER (WHERE status = 'done') AS features_done, sum(points) AS points,
    CASE WHEN count(points) > 0 THEN coalesce(sum(points) FILTER (WHERE status = 'done'), 0) END AS points_done,
    count(*) FILTER (WHERE points IS NULL) AS unestimated
FROM release_ops.scope_feature
WHERE product = %(product)s AND version = %(version)s AND planned IS NOT FALSE AND disposition IS DISTINCT FROM 'excluded'
