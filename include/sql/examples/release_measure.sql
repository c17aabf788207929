-- How satisfied are customers with each release, those included that were out before Release Ops was used?
-- table: release_measure
SELECT product, version, value AS nps, measured_at
FROM release_metrics.release_measure
WHERE measure = 'nps'
ORDER BY product, measured_at
