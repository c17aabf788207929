-- Scorecards of a page of releases, those that came out last on top; of one product if given.
-- optional: product
SELECT s.*, p.total
FROM (
    SELECT product, version, released_at, opened_at, count(*) OVER () AS total
    FROM release_ops.release
    WHERE product = coalesce(%(product)s, product)
    ORDER BY released_at DESC NULLS FIRST, opened_at DESC NULLS LAST, product, version
    LIMIT %(limit)s OFFSET %(offset)s
) p
-- OFFSET 0 keeps the planner from working out the scorecards of all releases before it joins them.
CROSS JOIN LATERAL (
    SELECT * FROM release_metrics.release_scorecard
    WHERE product = p.product AND version = p.version
    OFFSET 0
) s
ORDER BY p.released_at DESC NULLS FIRST, p.opened_at DESC NULLS LAST, p.product, p.version
