-- Keep a revision of a closed month.
INSERT INTO release_ops.budget_close (product, month, revision, closed_at, inputs, status, facts)
VALUES (%(product)s, %(month)s, %(revision)s, %(closed_at)s, %(inputs)s, %(status)s, %(facts)s)
ON CONFLICT (product, month, revision) DO NOTHING
