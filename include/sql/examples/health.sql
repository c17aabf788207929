-- How does every active release stand this week, and how did it last week?
-- table: health
SELECT product, version, week, status, status_last_week, on_time, on_time_last_week, p85_on, p85_moved_days, support_needed
FROM release_metrics.health
WHERE latest
ORDER BY array_position(ARRAY['red', 'unknown', 'yellow', 'green'], status), product, version
