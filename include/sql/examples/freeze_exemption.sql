-- Which freezes and blackouts did not hold, for what, and who said so?
-- table: freeze_exemption
SELECT e.at, e.product, e.version, e.closer, e.rule, e.exempted_by, h.reason, h.severity
FROM release_metrics.freeze_exemption e
LEFT JOIN release_metrics.hotfix h USING (product, version)
ORDER BY e.at DESC
LIMIT 50
