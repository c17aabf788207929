-- The register with what each stakeholder heard last and hears next; of one product if given; the most influential first.
-- optional: product
SELECT s.product, s.id, s.name, s.role, s.type, s.influence, s.interest, s.strategy, s.cadence, s.by_hand, s.reason, s.audience,
    s.level, s.owner, s.concerns, count(*) OVER () AS total,
    ARRAY(SELECT channel ->> 'kind' FROM jsonb_array_elements(s.channels) AS channel) AS channels,
    m.last_sent_at, m.next_due_at, coalesce(m.troubled, 0) AS troubled
FROM release_ops.stakeholder AS s
LEFT JOIN LATERAL (
    SELECT max(sent_at) AS last_sent_at,
        min(coalesce(not_before, due_at)) FILTER (WHERE state IN ('due', 'held', 'failed')) AS next_due_at,
        count(*) FILTER (WHERE state IN ('failed', 'escalated')) AS troubled
    FROM release_ops.stakeholder_message
    WHERE stakeholder = s.id AND product IN (s.product, '*')
) AS m ON true
WHERE s.left_at IS NULL AND s.product = coalesce(%(product)s, s.product)
ORDER BY s.influence DESC, s.interest DESC, s.name, s.product
LIMIT %(limit)s
