-- In which releases did a criterion block, and when?
-- table: criterion_attempt
SELECT product, version, gate, criterion, title, evaluated_at, outcome
FROM release_metrics.criterion_attempt
WHERE blocking
ORDER BY evaluated_at DESC
LIMIT 50
