-- The tries of the gates of one release, the newest first, with how often each gate was tried; only the last of each gate if asked; without those of hidden milestones.
-- optional: latest
SELECT gate, run_id, dag_id, kind, verdict, evaluated_at, commit, proceeded, tries, latest, count(*) OVER () AS total
FROM (
    SELECT t.*, (SELECT min(r.dag_id) FROM release_ops.milestone_run r WHERE r.run_id = t.run_id) AS dag_id,
        count(*) OVER (PARTITION BY t.gate) AS tries,
        row_number() OVER (PARTITION BY t.gate ORDER BY t.evaluated_at DESC, t.run_id DESC) = 1 AS latest
    FROM (
        SELECT gate, run_id, milestone AS kind, verdict, evaluated_at, commit, proceeded
        FROM release_ops.gate_attempt
        WHERE product = %(product)s AND version = %(version)s
        UNION ALL
        -- What is not decided yet. A decision writes its evaluation once more, at about the same time.
        SELECT g.gate, g.run_id, g.kind, g.verdict, g.evaluated_at, g.commit, NULL
        FROM release_ops.gate_evaluation g
        WHERE g.product = %(product)s AND g.version = %(version)s
            AND NOT EXISTS (
                SELECT FROM release_ops.gate_attempt a
                WHERE a.run_id = g.run_id AND a.gate = g.gate AND a.decided_at >= g.evaluated_at - interval '1 minute'
            )
    ) t
    WHERE t.kind NOT IN (SELECT jsonb_array_elements_text(%(hidden)s))
) e
WHERE latest OR %(latest)s::boolean IS NOT TRUE
ORDER BY evaluated_at DESC, gate, run_id
LIMIT %(limit)s OFFSET %(offset)s
