-- Open conflicts of a release's dates that nobody has accepted, the serious ones first.
SELECT message, severity FROM release_ops.conflict
WHERE resolved_at IS NULL AND accepted = ''
    AND ((first_product = %(product)s AND first_version = %(version)s) OR (second_product = %(product)s AND second_version = %(version)s))
ORDER BY severity, first_planned_at, key
LIMIT 20
