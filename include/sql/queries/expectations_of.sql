-- Whom the latest events of a product, or of one release, touched and whether they were told, the newest first.
-- optional: version
SELECT x.*, e.title, e.happened_at, e.old_on, e.new_on, e.severity, e.planned_at
FROM release_ops.expectation x
JOIN release_ops.expectation_event e USING (product, version, kind, event)
WHERE x.product = %(product)s AND x.version = coalesce(%(version)s, x.version)
ORDER BY e.happened_at DESC, x.version, x.kind, x.event, x.is_person DESC, x.stated DESC, x.party
LIMIT %(limit)s
