-- Milestones that should have begun by now and have not, the oldest first; of one product if given.
-- optional: product
SELECT * FROM release_ops.milestone
WHERE state = 'planned' AND planned_at < %(now)s AND product = coalesce(%(product)s, product)
ORDER BY planned_at, product, version, kind
