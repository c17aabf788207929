-- Note an event; the first time stays.
INSERT INTO release_ops.expectation_event (
    product, version, kind, event, title, happened_at, old_on, new_on, features, milestones, severity, reason, untouched,
    planned_at
)
VALUES (
    %(product)s, %(version)s, %(kind)s, %(event)s, %(title)s, %(at)s, %(old_on)s, %(new_on)s, %(features)s, %(milestones)s,
    %(severity)s, %(reason)s, %(untouched)s, %(planned_at)s
)
ON CONFLICT (product, version, kind, event) DO NOTHING
