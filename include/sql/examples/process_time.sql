-- Where does the time of releases go?
-- table: process_time
SELECT product, category, sum(spent) / count(DISTINCT version) AS per_release, sum(on_path) / count(DISTINCT version) AS ga_waited
FROM release_metrics.process_time
GROUP BY product, category
ORDER BY product, per_release DESC
