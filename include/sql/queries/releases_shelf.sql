-- All releases with the number of artifacts that their milestones made, the newest first.
SELECT
    r.product, r.version, r.theme, r.state, r.planned_ga, r.released_at,
    (SELECT count(*) FROM release_ops.artifact a WHERE a.product = r.product AND a.version = r.version) AS artifacts
FROM release_ops.release r
ORDER BY r.planned_ga DESC NULLS FIRST, r.product, r.version DESC
