-- Note what an event means for a stakeholder or an audience; the first time stays.
INSERT INTO release_ops.expectation (
    product, version, kind, event, party, is_person, name, audience, strategy, detail, owner, why, answers, stated, next_contact_on
)
VALUES (
    %(product)s, %(version)s, %(kind)s, %(event)s, %(party)s, %(is_person)s, %(name)s, %(audience)s, %(strategy)s, %(detail)s,
    %(owner)s, %(why)s, %(answers)s, %(stated)s, %(next_contact_on)s
)
ON CONFLICT (product, version, kind, event, is_person, party) DO NOTHING
