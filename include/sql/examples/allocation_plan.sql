-- Which changes of who works on what wait for an answer?
-- table: allocation_plan
SELECT team_file, project, skill, people, hours_before, hours, proposed_at
FROM release_metrics.allocation_plan
WHERE status = 'proposed'
ORDER BY team_file, project, skill
