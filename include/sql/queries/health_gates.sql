-- Every gate of a release at its last evaluation: its criteria, and how many answers it got while its milestone runs.
SELECT g.gate, g.kind AS milestone, g.verdict, g.evaluated_at, m.state = 'running' AS running,
    (SELECT count(*) FROM release_ops.approval a WHERE a.run_id = g.run_id AND a.gate = g.gate AND a.answered_at IS NOT NULL) AS answers,
    coalesce(
        (
            SELECT jsonb_agg(
                jsonb_build_object(
                    'criterion', c.criterion, 'title', c.title, 'outcome', c.outcome, 'required', c.required, 'waived_by', c.waived_by
                ) ORDER BY c.required DESC, c.criterion
            )
            FROM release_ops.criterion_result c
            WHERE c.run_id = g.run_id AND c.gate = g.gate
        ),
        '[]'
    ) AS criteria
FROM (
    SELECT DISTINCT ON (gate) * FROM release_ops.gate_evaluation
    WHERE product = %(product)s AND version = %(version)s
    ORDER BY gate, evaluated_at DESC, run_id DESC
) g
LEFT JOIN release_ops.milestone m ON m.product = g.product AND m.version = g.version AND m.kind = g.kind
ORDER BY m.planned_at NULLS LAST, g.gate
