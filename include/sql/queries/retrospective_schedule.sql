-- Schedule a review; one that is there keeps what it has, a hotfix's due time follows the last word.
INSERT INTO release_ops.retrospective AS r (product, version, kind, due_at, created_at)
VALUES (%(product)s, %(version)s, %(kind)s, %(due_at)s, %(created_at)s)
ON CONFLICT (product, version, kind) DO UPDATE SET due_at = excluded.due_at WHERE r.held_at IS NULL AND r.kind = 'hotfix'
