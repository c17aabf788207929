-- How the releases of a product went that are out: late milestones, failed gates, hotfixes within a time after GA; days are those of `zone`.
SELECT r.version, r.released_at,
    EXISTS (
        SELECT FROM release_ops.milestone m
        WHERE m.product = r.product AND m.version = r.version AND m.kind <> 'support_end'
            AND (m.state IN ('missed', 'blocked') OR (m.actual_at AT TIME ZONE %(zone)s)::date > (m.planned_at AT TIME ZONE %(zone)s)::date)
    ) AS late,
    EXISTS (
        SELECT FROM release_ops.gate_attempt g
        WHERE g.product = r.product AND g.version = r.version AND g.verdict = 'fail'
    ) AS gate_failed,
    ARRAY(
        SELECT h.version FROM release_ops.release h
        WHERE h.product = r.product AND h.type IN ('hotfix', 'security') AND h.released_at > r.released_at
            AND h.released_at <= r.released_at + %(within)s
        ORDER BY h.released_at
    ) AS hotfixes,
    ARRAY(
        SELECT h.version FROM release_ops.release h
        WHERE h.product = r.product AND h.type = 'security' AND h.released_at > r.released_at
            AND h.released_at <= r.released_at + %(within)s
        ORDER BY h.released_at
    ) AS security
FROM release_ops.release r
WHERE r.product = %(product)s AND r.released_at IS NOT NULL AND r.type NOT IN ('hotfix', 'security')
ORDER BY r.released_at
