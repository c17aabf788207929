-- Make a product's register that of `people`; who came back has not left, who has not changed is not written.
INSERT INTO release_ops.stakeholder AS s (
    product, id, name, role, type, influence, interest, strategy, cadence, by_hand, reason, audience, level, language, zone, owner,
    channels, concerns, source, known_from
)
SELECT %(product)s, p.id, p.name, p.role, p.type, p.influence, p.interest, p.strategy, p.cadence, p.by_hand, p.reason, p.audience,
    p.level, p.language, p.zone, p.owner, p.channels, p.concerns, p.source, %(at)s::timestamptz
FROM jsonb_to_recordset(%(people)s) AS p (
    id text, name text, role text, type text, influence smallint, interest smallint, strategy text, cadence text, by_hand boolean,
    reason text, audience text, level text, language text, zone text, owner text, channels jsonb, concerns jsonb, source text
)
ON CONFLICT (product, id) DO UPDATE SET
    name = excluded.name, role = excluded.role, type = excluded.type, influence = excluded.influence,
    interest = excluded.interest, strategy = excluded.strategy, cadence = excluded.cadence, by_hand = excluded.by_hand,
    reason = excluded.reason, audience = excluded.audience, level = excluded.level, language = excluded.language,
    zone = excluded.zone, owner = excluded.owner, channels = excluded.channels, concerns = excluded.concerns,
    source = excluded.source, left_at = NULL
WHERE s.left_at IS NOT NULL
    OR (s.name, s.role, s.type, s.influence, s.interest, s.strategy, s.cadence, s.by_hand, s.reason, s.audience, s.level,
        s.language, s.zone, s.owner, s.channels, s.concerns, s.source)
    IS DISTINCT FROM (excluded.name, excluded.role, excluded.type, excluded.influence, excluded.interest, excluded.strategy,
        excluded.cadence, excluded.by_hand, excluded.reason, excluded.audience, excluded.level, excluded.language,
        excluded.zone, excluded.owner, excluded.channels, excluded.concerns, excluded.source)
