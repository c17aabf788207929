-- At which share do flags turn out to be bad?
-- table: flag_ramp_step
SELECT share, count(*) FILTER (WHERE verdict = 'bad') AS bad, count(*) AS steps
FROM release_metrics.flag_ramp_step
WHERE verdict IS NOT NULL
GROUP BY share
ORDER BY share
