-- What did the gates of each release say in the end?
-- table: gate_outcome
SELECT product, version, gate, verdict, criteria_passed, criteria, criteria_waived, evaluated_at
FROM release_metrics.gate_outcome
WHERE latest
ORDER BY product, version, evaluated_at
