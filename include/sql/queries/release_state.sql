-- Move a release on to a state; it never goes back, and what is not given stays. Writes 0 rows for an unknown release.
-- optional: branch, previous_version, released_at, closed_at
UPDATE release_ops.release AS r SET
    state = CASE
        WHEN array_position(ladder, %(state)s) > array_position(ladder, r.state) THEN %(state)s ELSE r.state
    END,
    branch = coalesce(%(branch)s, r.branch),
    previous_version = coalesce(%(previous_version)s, r.previous_version),
    released_at = coalesce(r.released_at, %(released_at)s),
    closed_at = coalesce(r.closed_at, %(closed_at)s)
FROM (VALUES (ARRAY['planned', 'in_progress', 'frozen', 'released', 'closed'])) AS states (ladder)
WHERE r.product = %(product)s AND r.version = %(version)s
