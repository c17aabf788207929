-- How far off are the predicted days of GA?
-- table: prediction
SELECT product, subject, count(*) AS predictions, avg(days_off) AS days_off, avg(abs(days_off)) AS days_off_either_way
FROM release_metrics.prediction
WHERE kind = 'ga_date' AND resolved_at IS NOT NULL
GROUP BY product, subject
ORDER BY product, subject
