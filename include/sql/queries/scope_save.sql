-- Keep one feature of a release as it is now; a disposition once decided stays until a new one is given.
-- optional: title, previous_status, disposition, deadline, reason, owner, priority, url
INSERT INTO release_ops.scope_feature AS s
    (product, version, feature, title, status, previous_status, disposition, deadline, reason, owner, priority, url,
    snapshot_at)
VALUES (
    %(product)s, %(version)s, %(feature)s, coalesce(%(title)s, ''), %(status)s, %(previous_status)s, %(disposition)s,
    %(deadline)s, coalesce(%(reason)s, ''), coalesce(%(owner)s, ''), coalesce(%(priority)s, 'should'), coalesce(%(url)s, ''),
    %(snapshot_at)s
)
ON CONFLICT (product, version, feature) DO UPDATE SET
    title = coalesce(%(title)s, s.title),
    status = excluded.status,
    previous_status = CASE
        WHEN excluded.disposition IS NULL THEN s.previous_status ELSE excluded.previous_status
    END,
    deadline = CASE WHEN excluded.disposition IS NULL THEN s.deadline ELSE excluded.deadline END,
    reason = CASE WHEN excluded.disposition IS NULL THEN s.reason ELSE excluded.reason END,
    disposition = coalesce(excluded.disposition, s.disposition),
    owner = coalesce(%(owner)s, s.owner),
    priority = coalesce(%(priority)s, s.priority),
    url = coalesce(%(url)s, s.url),
    snapshot_at = excluded.snapshot_at
