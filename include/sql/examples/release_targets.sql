-- Which releases missed what they are held to?
-- table: release_scorecard
SELECT product, version, deployment_success, deployment_success_target, freeze_to_production, freeze_to_production_target,
    critical_issues, critical_issues_target, recovery_time, recovery_time_target
FROM release_metrics.release_scorecard
WHERE NOT deployment_success_met OR NOT freeze_to_production_met OR NOT critical_issues_met OR NOT recovery_time_met
ORDER BY ga_at DESC
