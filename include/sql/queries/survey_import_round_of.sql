-- The round that an import brings answers for, held until the transaction ends, and whether it was reported.
SELECT r.source, r.state, r.kind, r.scale_low, r.scale_high, EXISTS (SELECT FROM release_ops.survey_report p WHERE p.round = r.round) AS is_reported
FROM release_ops.survey_round r
WHERE r.round = %(round)s
FOR UPDATE
