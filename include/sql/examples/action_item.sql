-- Do we do what we decide, and in time?
-- table: action_item
SELECT product, count(*) FILTER (WHERE state = 'done') AS done, count(*) FILTER (WHERE in_time) AS in_time,
    count(*) FILTER (WHERE is_overdue) AS overdue, count(*) FILTER (WHERE state = 'proposed') AS undecided,
    avg(time_to_close) FILTER (WHERE state = 'done') AS time_to_close
FROM release_metrics.action_item
GROUP BY product
ORDER BY product
