-- How many commits and authors were there per month?
-- table: commit
SELECT product, date_trunc('month', committed_at AT TIME ZONE 'UTC')::date AS month, count(*) AS commits,
    count(DISTINCT author) AS authors
FROM release_metrics.commit
GROUP BY product, month
ORDER BY product, month
