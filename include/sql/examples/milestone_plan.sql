-- Which milestones moved away from their first plan?
-- table: milestone_plan
SELECT product, version, kind, first_planned_on, planned_on, planned_on - first_planned_on AS days, slips, breaches
FROM release_metrics.milestone_plan
WHERE planned_on <> first_planned_on AND (NOT withdrawn OR state = 'done')
ORDER BY days DESC
