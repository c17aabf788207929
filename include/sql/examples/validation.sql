-- Which checks after deployments fail or stay unknown most?
-- table: validation
SELECT product, environment, title, count(*) AS deployments, count(*) FILTER (WHERE outcome = 'fail') AS failed,
    count(*) FILTER (WHERE outcome = 'unknown') AS unknown
FROM release_metrics.validation
GROUP BY product, environment, title
ORDER BY failed DESC, unknown DESC, product, environment, title
