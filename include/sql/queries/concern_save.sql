-- Register a concern; one that is there already stays as it is.
-- optional: version, topic, owner
INSERT INTO release_ops.concern (id, product, version, stakeholder, topic, text, received_at, due_at, owner)
VALUES (
    %(id)s, %(product)s, coalesce(%(version)s, ''), %(stakeholder)s, coalesce(%(topic)s, 'other'), %(text)s, %(received_at)s,
    %(due_at)s, coalesce(%(owner)s, '')
)
ON CONFLICT (id) DO NOTHING
