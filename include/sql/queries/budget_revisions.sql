-- Restatements of a product's closed months up to a month, with what was reported before, the last first.
SELECT r.month, r.revision, r.closed_at, r.status, (r.facts #>> '{total,plan}')::numeric AS plan, (r.facts #>> '{total,actual}')::numeric AS actual,
    (p.facts #>> '{total,plan}')::numeric AS plan_before, (p.facts #>> '{total,actual}')::numeric AS actual_before,
    p.status AS status_before, p.closed_at AS closed_before, count(*) OVER () AS total
FROM release_ops.budget_close r
JOIN release_ops.budget_close p ON p.product = r.product AND p.month = r.month AND p.revision = r.revision - 1
WHERE r.product = %(product)s AND r.month <= %(month)s
ORDER BY r.closed_at DESC, r.month DESC
LIMIT %(limit)s
