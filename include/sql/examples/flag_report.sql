-- Which flags are due to be removed, and who decides about them?
-- table: flag_report
SELECT product, flag, owner, kind, remove_by, code_references
FROM release_metrics.flag_report
WHERE stale AND week = (SELECT max(week) FROM release_metrics.flag_report)
ORDER BY remove_by, product, flag
