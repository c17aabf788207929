-- How many messages does an audience get for a release, and how many fail?
-- table: message
SELECT product, version, audience, count(*) AS messages, count(*) FILTER (WHERE state = 'failed') AS failed,
    max(time_to_send) AS slowest
FROM release_metrics.message
GROUP BY product, version, audience
ORDER BY messages DESC
