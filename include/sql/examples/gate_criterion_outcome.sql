-- Which demand of a gate holds releases up, and which one is always waived?
-- table: gate_criterion_outcome
SELECT product, gate, criterion, title, evaluations, blocked, waived, fail_ratio
FROM release_metrics.gate_criterion_outcome
WHERE failed + unknown > 0
ORDER BY blocked DESC, waived DESC
LIMIT 20
