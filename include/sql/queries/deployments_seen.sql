-- When the last of a product's deployments changed here, and what tells whether rows of the time just before did since.
-- optional: seen
WITH last AS (
    SELECT COALESCE(%(seen)s, max(loaded_at)) AS seen FROM release_ops.deployment WHERE product = %(product)s
)
SELECT
    last.seen,
    count(*) || ':' || COALESCE(sum(hashtextextended(concat_ws(E'\x1f', d.deployment, d.repository, d.loaded_at), 0)), 0) AS print
FROM last
LEFT JOIN release_ops.deployment AS d
    ON d.product = %(product)s AND d.loaded_at > last.seen - %(slowest)s AND d.loaded_at <= last.seen
GROUP BY last.seen
