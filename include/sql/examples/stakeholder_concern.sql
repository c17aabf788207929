-- How many concerns are answered in time?
-- table: stakeholder_concern
SELECT product, topic, count(*) AS raised, count(*) FILTER (WHERE in_time) AS in_time,
    count(*) FILTER (WHERE answered_at IS NULL AND due_at < now()) AS overdue, avg(time_to_answer) AS time_to_answer
FROM release_metrics.stakeholder_concern
GROUP BY product, topic
ORDER BY raised DESC, product, topic
