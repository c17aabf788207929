-- The last rehearsal of each environment of a product.
SELECT DISTINCT ON (environment) environment, rehearsed_at, version, previous_version, driver, passed, detail, evidence
FROM release_ops.rehearsal
WHERE product = %(product)s
ORDER BY environment, rehearsed_at DESC
