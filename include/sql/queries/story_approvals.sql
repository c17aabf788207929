-- The answers of the approvers of one release, the newest first, with how many seats were asked; without those of hidden milestones.
SELECT a.run_id, a.gate, a.seat, a.role, a.user_id, a.approved, a.reason, a.answered_at, count(*) OVER () AS total
FROM release_ops.approval a
WHERE a.product = %(product)s AND a.version = %(version)s
    AND NOT EXISTS (
        SELECT FROM release_ops.gate_evaluation g
        WHERE g.run_id = a.run_id AND g.gate = a.gate AND g.kind IN (SELECT jsonb_array_elements_text(%(hidden)s))
    )
ORDER BY a.answered_at DESC NULLS FIRST, a.run_id, a.seat
LIMIT %(limit)s OFFSET %(offset)s
