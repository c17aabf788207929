-- Open conflicts that nobody has been told of and nobody has accepted, in the order of their dates.
SELECT key, kind, severity, first_product, first_version, first_milestone, second_product, second_version, message, proposal,
    news_at
FROM release_ops.conflict
WHERE resolved_at IS NULL AND told_at IS NULL AND accepted = ''
ORDER BY greatest(first_planned_at, second_planned_at), key
