-- Which release slipped most?
-- table: release_scorecard
SELECT product, version, ga_slips, ga_slipped_days, days_late, days_after_first_plan, first_planned_ga, planned_ga
FROM release_metrics.release_scorecard
ORDER BY ga_slipped_days DESC, days_late DESC NULLS LAST
LIMIT 10
