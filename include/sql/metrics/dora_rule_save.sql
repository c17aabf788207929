-- Note what the product files say of production and incidents; a product that is the same stays untouched.
INSERT INTO release_ops.delivery_rule AS r (product, production, incident_within)
VALUES (%(product)s, %(production)s, %(incident_within)s)
ON CONFLICT (product) DO UPDATE SET production = excluded.production, incident_within = excluded.incident_within
WHERE (r.production, r.incident_within) IS DISTINCT FROM (excluded.production, excluded.incident_within)
