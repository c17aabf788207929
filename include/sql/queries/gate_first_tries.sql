-- Per gate of a product: how many releases tried it, and how many passed at the first try.
SELECT gate, count(*) AS tried, count(*) FILTER (WHERE verdict <> 'fail') AS passed
FROM (
    SELECT DISTINCT ON (version, gate) version, gate, verdict
    FROM release_ops.gate_attempt
    WHERE product = %(product)s
    ORDER BY version, gate, evaluated_at, run_id
) first_tries
GROUP BY gate
ORDER BY gate
