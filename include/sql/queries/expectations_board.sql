-- Slips, changes of scope and incidents with how many they touch and who was told, the latest first; of one product if given.
-- optional: product
SELECT e.product, e.version, e.kind, e.event, e.title, e.happened_at, e.old_on, e.new_on, e.severity,
    jsonb_array_length(e.features) AS features, count(x.party) AS touched, count(x.party) FILTER (WHERE x.stated > 0) AS concerned,
    count(x.told_at) AS told, min(x.next_contact_on) AS next_contact_on
FROM release_ops.expectation_event e
LEFT JOIN release_ops.expectation x USING (product, version, kind, event)
WHERE e.product = coalesce(%(product)s, e.product)
GROUP BY e.product, e.version, e.kind, e.event
ORDER BY e.happened_at DESC, e.product, e.version, e.kind, e.event
LIMIT %(limit)s
