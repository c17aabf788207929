-- The evidence of the last evaluation of each gate of one release, what did not pass first, with how many pieces there are; without those of hidden milestones.
SELECT c.gate, c.run_id, c.criterion, c.title, c.kind, c.required, c.outcome, c.observed, c.expected, c.detail, c.link, c.waived_by,
    count(*) OVER () AS total
FROM release_ops.criterion_result c
JOIN (
    SELECT DISTINCT ON (gate) gate, run_id
    FROM release_ops.gate_evaluation
    WHERE product = %(product)s AND version = %(version)s AND kind NOT IN (SELECT jsonb_array_elements_text(%(hidden)s))
    ORDER BY gate, evaluated_at DESC, run_id DESC
) g ON g.run_id = c.run_id AND g.gate = c.gate
ORDER BY c.gate, array_position(ARRAY['fail', 'unknown', 'pending', 'pass'], c.outcome), c.required DESC, c.criterion
LIMIT %(limit)s OFFSET %(offset)s
