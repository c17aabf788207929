-- Which gate fails most?
-- table: gate_attempt
SELECT gate, count(*) AS evaluations, count(*) FILTER (WHERE verdict = 'fail') AS failures,
    count(*) FILTER (WHERE verdict = 'fail')::double precision / count(*) AS fail_ratio,
    count(*) FILTER (WHERE attempt = 1 AND verdict <> 'fail')::double precision / count(*) FILTER (WHERE attempt = 1) AS first_time_ratio
FROM release_metrics.gate_attempt
GROUP BY gate
ORDER BY fail_ratio DESC, failures DESC
