-- Keep what the plan says of one feature; what a freeze decided on it stays.
-- optional: points, value, risk, score
INSERT INTO release_ops.scope_feature
    (product, version, feature, title, status, owner, url, team, priority, points, value, risk, score, depends_on,
    planned, plan_reason, planned_at, snapshot_at)
VALUES (
    %(product)s, %(version)s, %(feature)s, %(title)s, %(status)s, %(owner)s, %(url)s, %(team)s, %(priority)s,
    %(points)s, %(value)s, %(risk)s, %(score)s, %(depends_on)s, %(planned)s, %(plan_reason)s, %(planned_at)s,
    %(planned_at)s
)
ON CONFLICT (product, version, feature) DO UPDATE SET
    title = excluded.title, status = excluded.status, owner = excluded.owner, url = excluded.url, team = excluded.team,
    priority = excluded.priority, points = excluded.points, value = excluded.value, risk = excluded.risk,
    score = excluded.score, depends_on = excluded.depends_on, planned = excluded.planned,
    plan_reason = excluded.plan_reason, planned_at = excluded.planned_at, snapshot_at = excluded.snapshot_at
