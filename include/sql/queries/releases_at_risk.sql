-- The releases of a product that were begun and are not closed, or that have a risk of which nobody knows the end.
SELECT r.version FROM release_ops.release r
WHERE r.product = %(product)s AND (
    r.state IN ('in_progress', 'frozen', 'released')
    OR r.state = 'closed' AND EXISTS (
        SELECT FROM release_ops.risk k WHERE k.product = r.product AND k.version = r.version AND k.state = 'open'
    )
)
ORDER BY r.planned_ga NULLS LAST, r.version
