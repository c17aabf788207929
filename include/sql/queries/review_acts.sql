-- When each run of one release first acted on the outside world after its gate was decided; telling people is no act.
SELECT a.run_id, a.milestone, max(a.decided_at) AS decided_at, min(e.claimed_at) AS acted_at
FROM release_ops.gate_attempt a
JOIN release_ops.effect e ON e.run_id = a.run_id AND e.kind <> 'message' AND e.claimed_at >= a.decided_at
WHERE a.product = %(product)s AND a.version = %(version)s AND a.proceeded
GROUP BY a.run_id, a.milestone
ORDER BY decided_at, a.run_id
