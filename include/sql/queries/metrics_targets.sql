-- How a product's releases did against each target, and the average of what is held to an average.
SELECT count(*) FILTER (WHERE deployment_success_met) AS deployment_success_met,
    count(*) FILTER (WHERE deployment_success_met = false) AS deployment_success_missed,
    count(*) FILTER (WHERE freeze_to_production_met) AS freeze_to_production_met,
    count(*) FILTER (WHERE freeze_to_production_met = false) AS freeze_to_production_missed,
    count(critical_issues) AS critical_issues_known, avg(critical_issues) AS critical_issues_average,
    max(critical_issues_target) AS critical_issues_target
FROM release_metrics.release_scorecard
WHERE product = %(product)s
