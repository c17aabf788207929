-- What goes wrong again and again?
-- table: review_finding
SELECT product, rule, count(*) AS reviews, avg(value) AS mean_value, max(made_at) AS last_at
FROM release_metrics.review_finding
WHERE NOT worked
GROUP BY product, rule
ORDER BY reviews DESC, product, rule
