-- What a release was exempted from, in order.
SELECT * FROM release_ops.freeze_exemption WHERE product = %(product)s AND version = %(version)s ORDER BY at, rule
