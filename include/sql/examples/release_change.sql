-- What are releases made of?
-- table: release_change
SELECT product, version, sum(changes) AS changes, sum(changes) FILTER (WHERE type = 'feat') AS features,
    sum(changes) FILTER (WHERE type = 'fix') AS fixes, sum(breaking) AS breaking, sum(reverted) AS reverted
FROM release_metrics.release_change
GROUP BY product, version
ORDER BY product, version
