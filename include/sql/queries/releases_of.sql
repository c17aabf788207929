-- The releases of one product, the next GA first.
SELECT * FROM release_ops.release WHERE product = %(product)s ORDER BY planned_ga NULLS LAST, version
