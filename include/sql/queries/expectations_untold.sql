-- Whom of a product's stakeholders and audiences nobody has told yet what an event means for them, the oldest event first.
SELECT x.*, e.title, e.happened_at, e.old_on, e.new_on, e.features, e.milestones, e.severity, e.reason
FROM release_ops.expectation x
JOIN release_ops.expectation_event e USING (product, version, kind, event)
WHERE x.product = %(product)s AND x.told_at IS NULL
ORDER BY e.happened_at, x.version, x.kind, x.event, x.is_person, x.party
