-- A release was exempted from a rule that would have held it up; the first time stays.
-- optional: until
INSERT INTO release_ops.freeze_exemption (product, version, rule, closer, until, exempted_by, reason, at)
VALUES (%(product)s, %(version)s, %(rule)s, %(closer)s, %(until)s, %(exempted_by)s, %(reason)s, %(at)s)
ON CONFLICT (product, version, rule) DO NOTHING
