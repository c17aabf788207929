-- Who reviews, and with what outcome?
-- table: pull_review
SELECT product, author, count(*) AS reviews, count(*) FILTER (WHERE state = 'approved') AS approved,
    count(*) FILTER (WHERE state = 'changes_requested') AS changes_requested
FROM release_metrics.pull_review
GROUP BY product, author
ORDER BY reviews DESC
