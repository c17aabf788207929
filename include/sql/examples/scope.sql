-- What became of the planned features?
-- table: scope
SELECT product, version, count(*) FILTER (WHERE planned) AS planned, count(*) FILTER (WHERE planned IS NULL) AS came_later,
    count(*) FILTER (WHERE disposition IN ('excluded', 'frozen')) AS taken_out, count(*) FILTER (WHERE status = 'done') AS done
FROM release_metrics.scope
GROUP BY product, version
ORDER BY product, version
