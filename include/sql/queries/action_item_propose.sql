-- Write down a proposed action item; one that somebody has decided on stays as it is.
-- optional: measure, value, gain_days
INSERT INTO release_ops.action_item AS a
    (product, version, id, kind, text, owner, due_on, created_at, source, why, measure, value, gain_days)
VALUES (
    %(product)s, %(version)s, %(id)s, %(kind)s, %(text)s, %(owner)s, %(due_on)s, %(created_at)s, %(source)s, %(why)s,
    coalesce(%(measure)s, ''), %(value)s, %(gain_days)s
)
ON CONFLICT (product, version, id) DO UPDATE SET
    text = excluded.text, owner = excluded.owner, due_on = excluded.due_on, why = excluded.why, measure = excluded.measure,
    value = excluded.value, gain_days = excluded.gain_days
WHERE a.state = 'proposed'
