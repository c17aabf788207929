-- Let another message stand in for one that nobody took: by its next channel, or to its owner.
INSERT INTO release_ops.stakeholder_message (
    key, product, version, phase, title, kind, audience, stakeholder, channel_kind, detail, language, emergency, first_due_at,
    due_at, useful_until, escalates, place, planned_at, changed_at
)
SELECT %(to)s, product, version, %(phase)s, title, kind, %(audience)s, %(stakeholder)s, %(channel_kind)s, detail, language,
    emergency, %(at)s::timestamptz, %(at)s::timestamptz, %(useful_until)s, coalesce(nullif(escalates, ''), key), %(place)s,
    %(at)s::timestamptz, %(at)s::timestamptz
FROM release_ops.stakeholder_message WHERE key = %(key)s
ON CONFLICT (key) DO NOTHING
