-- The decided tries of the gates of one release in order, each with its criteria that did not let it pass.
SELECT a.run_id, a.gate, a.milestone, a.verdict, a.evaluated_at, a.asked_at, a.answered_at, a.decided_at, a.proceeded,
    coalesce(c.blocking, '[]') AS blocking
FROM release_ops.gate_attempt a
CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('criterion', criterion, 'title', title) ORDER BY criterion) AS blocking
    FROM release_ops.criterion_attempt
    WHERE run_id = a.run_id AND gate = a.gate AND evaluated_at = a.evaluated_at
        AND required AND outcome IN ('fail', 'unknown') AND NOT waived
) c
WHERE a.product = %(product)s AND a.version = %(version)s
ORDER BY a.evaluated_at, a.gate, a.run_id
