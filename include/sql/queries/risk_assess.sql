-- Keep a day's assessment of a risk; the last one of a day stands.
INSERT INTO release_ops.risk_assessment
    (product, version, risk, assessed_on, assessed_at, probability, impact, basis, why, trend)
VALUES (
    %(product)s, %(version)s, %(risk)s, %(assessed_on)s, %(assessed_at)s, %(probability)s, %(impact)s, %(basis)s, %(why)s,
    %(trend)s
)
ON CONFLICT (product, version, risk, assessed_on) DO UPDATE SET
    assessed_at = excluded.assessed_at,
    probability = excluded.probability,
    impact = excluded.impact,
    basis = excluded.basis,
    why = excluded.why,
    trend = excluded.trend
