-- Releases, those under way first and the next GA on top, then those that are out, the newest first; with how many there are.
-- optional: product, state, type
WITH shown AS (
    SELECT product, version, type, theme, state, planned_ga, released_at, closed_at, count(*) OVER () AS total,
        row_number() OVER (
            ORDER BY
                state IN ('released', 'closed'),
                CASE WHEN state NOT IN ('released', 'closed') THEN planned_ga END NULLS LAST,
                coalesce(released_at, closed_at, planned_ga::timestamptz) DESC NULLS LAST,
                product, version
        ) AS place
    FROM release_ops.release
    WHERE (%(product)s::text IS NULL OR product = %(product)s)
        AND (%(state)s::text IS NULL OR state = %(state)s OR %(state)s = 'active' AND state IN ('planned', 'in_progress', 'frozen'))
        AND (%(type)s::text IS NULL OR type = %(type)s)
    ORDER BY place
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT r.product, r.version, r.type, r.theme, r.state, r.planned_ga, r.released_at, r.closed_at,
    c.first_planned_on AS first_planned_ga, h.status AS health,
    (SELECT count(*) FROM release_ops.artifact a WHERE a.product = r.product AND a.version = r.version) AS artifacts,
    r.total
FROM shown r
LEFT JOIN release_ops.calendar_entry c
    ON c.product = r.product AND c.version = r.version AND c.category = 'milestone' AND c.entry = 'ga'
LEFT JOIN LATERAL (
    SELECT status FROM release_ops.health_report
    WHERE product = r.product AND version = r.version
    ORDER BY week DESC
    LIMIT 1
) h ON r.state <> 'closed'
ORDER BY r.place
