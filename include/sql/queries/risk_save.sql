-- Keep a risk of a release and what became of it.
INSERT INTO release_ops.risk AS r
    (product, version, risk, category, title, mitigation, owner, state, detail, found_at, state_at)
VALUES (
    %(product)s, %(version)s, %(risk)s, %(category)s, %(title)s, %(mitigation)s, %(owner)s, %(state)s, %(detail)s, %(at)s,
    %(at)s
)
ON CONFLICT (product, version, risk) DO UPDATE SET
    category = excluded.category,
    title = excluded.title,
    mitigation = excluded.mitigation,
    owner = excluded.owner,
    detail = excluded.detail,
    state_at = CASE WHEN r.state = excluded.state THEN r.state_at ELSE excluded.state_at END,
    state = excluded.state
