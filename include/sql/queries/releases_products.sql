-- Products that have a release, by name.
SELECT DISTINCT product FROM release_ops.release ORDER BY product
