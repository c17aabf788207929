-- The budgets of a month as they are reported now, the last closed month of each product where none is asked for; the worst first.
-- optional: product, month
SELECT c.*, count(*) OVER () AS total
FROM (
    SELECT DISTINCT ON (b.product) b.product, coalesce(b.facts ->> 'name', b.product) AS name, b.month, b.revision, b.closed_at, b.status,
        b.facts ->> 'words' AS words, b.facts ->> 'currency' AS currency, b.facts -> 'chance' AS chance, b.facts -> 'total' AS line,
        (SELECT jsonb_agg(jsonb_build_object('amount', s.saving ->> 'amount')) FROM jsonb_array_elements(b.facts -> 'savings') AS s (saving)) AS savings
    FROM release_ops.budget_close b
    WHERE b.product = coalesce(%(product)s, b.product) AND b.month = coalesce(%(month)s, b.month)
    ORDER BY b.product, b.month DESC, b.revision DESC
) c
ORDER BY array_position(ARRAY['red', 'yellow', 'green'], status), (line ->> 'ratio')::numeric DESC NULLS FIRST, product
LIMIT %(limit)s OFFSET %(offset)s
