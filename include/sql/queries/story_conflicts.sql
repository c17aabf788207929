-- The conflicts that a date of one release is part of, open errors first, with how many there are.
SELECT kind, severity, accepted, product, version, milestone, other_product, other_version, other_milestone, subject, message, proposal,
    first_seen, resolved_at, count(*) OVER () AS total
FROM release_metrics.conflict
WHERE product = %(product)s AND version = %(version)s OR other_product = %(product)s AND other_version = %(version)s
ORDER BY resolved_at IS NOT NULL, accepted IS NOT NULL, severity, first_seen DESC, key
LIMIT %(limit)s OFFSET %(offset)s
