-- All releases of all products, the next GA first.
SELECT * FROM release_ops.release ORDER BY planned_ga NULLS LAST, product, version
