-- How much one release was to hold and how much of it is done, without what its plan deferred; what its freeze took out is lost, not less. Points are null where nothing has an estimate.
SELECT count(*) AS features, count(*) FILTER (WHERE is_done) AS features_done, sum(points) AS points,
    CASE WHEN count(points) > 0 THEN coalesce(sum(points) FILTER (WHERE is_done), 0) END AS points_done,
    count(*) FILTER (WHERE points IS NULL) AS unestimated
FROM (
    SELECT points, status = 'done' AND disposition IS DISTINCT FROM 'excluded' AND disposition IS DISTINCT FROM 'frozen' AS is_done
    FROM release_ops.scope_feature
    WHERE product = %(product)s AND version = %(version)s AND planned IS NOT FALSE
) promised
