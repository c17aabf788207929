-- How soon do those hear whom bad news touches?
-- table: expectation
SELECT kind, strategy, count(*) AS touched, count(told_at) AS told, avg(time_to_tell) AS time_to_tell
FROM release_metrics.expectation
WHERE is_person
GROUP BY kind, strategy
ORDER BY kind, strategy
