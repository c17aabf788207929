-- How many critical issues does a release bring on average, and is that few enough?
-- table: release_scorecard
SELECT product, count(critical_issues) AS releases, avg(critical_issues) AS per_release, max(critical_issues_target) AS target,
    avg(critical_issues) < max(critical_issues_target) AS met
FROM release_metrics.release_scorecard
WHERE ga_at > now() - interval '2 years'
GROUP BY product
ORDER BY per_release DESC NULLS LAST
