-- How good are the predictions of hours: bias, mean error, share inside the interval?
-- table: hours_prediction
SELECT team_file, dimension, count(*) AS predictions, sum(off) / nullif(sum(worked), 0) AS bias,
    avg(abs(off) / nullif(worked, 0)) AS mape, avg(inside::integer) AS inside
FROM release_metrics.hours_prediction
WHERE worked IS NOT NULL
GROUP BY team_file, dimension
ORDER BY team_file, dimension
