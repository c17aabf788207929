-- Keep the evidence for one criterion of a gate in this run.
-- optional: title, kind, required, observed, expected, detail, link, waived_by
INSERT INTO release_ops.criterion_result
    (run_id, gate, criterion, title, kind, required, outcome, observed, expected, detail, link, waived_by)
VALUES (
    %(run_id)s, %(gate)s, %(criterion)s, coalesce(%(title)s, ''), coalesce(%(kind)s, ''), coalesce(%(required)s, true),
    %(outcome)s, coalesce(%(observed)s, ''), coalesce(%(expected)s, ''), coalesce(%(detail)s, ''),
    coalesce(%(link)s, ''), coalesce(%(waived_by)s, '')
)
ON CONFLICT (run_id, gate, criterion) DO UPDATE SET
    title = excluded.title, kind = excluded.kind, required = excluded.required, outcome = excluded.outcome,
    observed = excluded.observed, expected = excluded.expected, detail = excluded.detail, link = excluded.link,
    waived_by = excluded.waived_by
