-- The evaluations of the gates of one release, the newest first, with how often each gate was tried; only the last of each gate if asked; without those of hidden milestones.
-- optional: latest
SELECT gate, run_id, dag_id, kind, verdict, evaluated_at, commit, tries, latest, count(*) OVER () AS total
FROM (
    SELECT g.gate, g.run_id, g.kind, g.verdict, g.evaluated_at, g.commit,
        (SELECT min(r.dag_id) FROM release_ops.milestone_run r WHERE r.run_id = g.run_id) AS dag_id,
        count(*) OVER (PARTITION BY g.gate) AS tries,
        row_number() OVER (PARTITION BY g.gate ORDER BY g.evaluated_at DESC, g.run_id DESC) = 1 AS latest
    FROM release_ops.gate_evaluation g
    WHERE g.product = %(product)s AND g.version = %(version)s AND g.kind NOT IN (SELECT jsonb_array_elements_text(%(hidden)s))
) e
WHERE latest OR %(latest)s::boolean IS NOT TRUE
ORDER BY evaluated_at DESC, gate, run_id
LIMIT %(limit)s OFFSET %(offset)s
