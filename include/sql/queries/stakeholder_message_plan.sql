-- Plan messages: new ones while they can still be useful, moved ones anew; what was sent or escalated stays as it is.
INSERT INTO release_ops.stakeholder_message AS m (
    key, product, version, phase, title, kind, audience, stakeholder, channel_kind, detail, language, emergency, first_due_at,
    due_at, useful_until, waits_for, planned_at, changed_at
)
SELECT p.key, p.product, p.version, p.phase, p.title, p.kind, p.audience, p.stakeholder, p.channel_kind, p.detail, p.language,
    p.emergency, p.due_at, p.due_at, p.useful_until, p.waits_for, %(at)s::timestamptz, %(at)s::timestamptz
FROM jsonb_to_recordset(%(messages)s) AS p (
    key text, product text, version text, phase text, title text, kind text, audience text, stakeholder text, channel_kind text,
    detail text, language text, emergency boolean, due_at timestamptz, useful_until timestamptz, waits_for text
)
WHERE p.useful_until > %(at)s::timestamptz
    OR EXISTS (SELECT FROM release_ops.stakeholder_message old WHERE old.key = p.key)
ON CONFLICT (key) DO UPDATE SET
    product = excluded.product, title = excluded.title, kind = excluded.kind, audience = excluded.audience,
    channel_kind = excluded.channel_kind, detail = excluded.detail, language = excluded.language,
    emergency = excluded.emergency, due_at = excluded.due_at, useful_until = excluded.useful_until,
    waits_for = excluded.waits_for, state = 'due', why = '', not_before = NULL, attempts = 0, error = '',
    changed_at = excluded.changed_at
WHERE m.state IN ('due', 'held', 'failed') AND (
        m.product, m.title, m.kind, m.audience, m.detail, m.language, m.emergency, m.due_at, m.useful_until, m.waits_for
    ) IS DISTINCT FROM (
        excluded.product, excluded.title, excluded.kind, excluded.audience, excluded.detail, excluded.language,
        excluded.emergency, excluded.due_at, excluded.useful_until, excluded.waits_for
    )
    OR m.state = 'withdrawn' AND excluded.useful_until > excluded.changed_at
    OR m.state = 'lapsed' AND excluded.useful_until > excluded.changed_at AND excluded.due_at <> m.due_at
