-- Add an action item that people have agreed on; the same again is once.
INSERT INTO release_ops.action_item (product, version, id, kind, text, owner, due_on, state, created_at, decided_at, source)
VALUES (%(product)s, %(version)s, %(id)s, %(kind)s, %(text)s, %(owner)s, %(due_on)s, 'open', %(at)s, %(at)s, %(source)s)
ON CONFLICT (product, version, id) DO NOTHING
