-- How far do GAs move, and with how much notice?
-- table: slip
SELECT product, count(*) AS moves, avg(days) AS days, avg(notice_days) AS notice_days,
    count(*) FILTER (WHERE policy = 'breached') AS breached
FROM release_metrics.slip
WHERE entry = 'ga' AND NOT implausible
GROUP BY product
ORDER BY moves DESC
