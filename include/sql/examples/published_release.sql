-- Which final versions were published, and when?
-- table: published_release
SELECT product, version, tag, published_at, url
FROM release_metrics.published_release
WHERE NOT is_prerelease AND version <> ''
ORDER BY published_at DESC NULLS LAST
LIMIT 50
