-- The risks of a release, and how they were assessed day by day.

CREATE TABLE release_ops.risk (
    product text NOT NULL,
    version text NOT NULL,
    risk text NOT NULL,
    category text NOT NULL CHECK (category IN ('technical', 'business', 'operational')),
    title text NOT NULL,
    mitigation text NOT NULL DEFAULT '',
    owner text NOT NULL DEFAULT '',
    state text NOT NULL CHECK (state IN ('open', 'came_true', 'avoided', 'closed')),
    detail text NOT NULL DEFAULT '',
    found_at timestamptz NOT NULL,
    state_at timestamptz NOT NULL,
    PRIMARY KEY (product, version, risk)
);
COMMENT ON TABLE release_ops.risk IS 'One row per risk of a release, and what became of it.';

CREATE TABLE release_ops.risk_assessment (
    product text NOT NULL,
    version text NOT NULL,
    risk text NOT NULL,
    assessed_on date NOT NULL,
    assessed_at timestamptz NOT NULL,
    probability double precision NOT NULL CHECK (probability BETWEEN 0 AND 1),
    impact integer NOT NULL CHECK (impact BETWEEN 1 AND 5),
    basis text NOT NULL CHECK (basis IN ('measured', 'stated', 'unknown')),
    why text NOT NULL DEFAULT '',
    trend text NOT NULL CHECK (trend IN ('new', 'rising', 'falling', 'steady')),
    PRIMARY KEY (product, version, risk, assessed_on)
);
COMMENT ON TABLE release_ops.risk_assessment IS 'One row per risk of a release and day: the last assessment of that day.';

CREATE VIEW release_metrics.risk AS
SELECT a.product, a.version, a.risk, a.assessed_on, r.category, r.title, a.probability, a.impact,
    a.probability * a.impact AS score, a.basis, a.why, a.trend, r.mitigation, r.owner, r.state, r.detail, r.found_at, r.state_at,
    a.assessed_on = max(a.assessed_on) OVER (PARTITION BY a.product, a.version, a.risk) AS latest
FROM release_ops.risk_assessment a
JOIN release_ops.risk r USING (product, version, risk);
COMMENT ON VIEW release_metrics.risk IS 'Grain: one row per risk of a release and day on which it was assessed. Key: product, version, risk, assessed_on. Fresh: at planning and once a day while the release is open. The risk register and its history.';
COMMENT ON COLUMN release_metrics.risk.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.risk.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.risk.risk IS 'Id of the risk in the product file or the defaults, such as change_size.';
COMMENT ON COLUMN release_metrics.risk.assessed_on IS 'Day of the assessment, UTC.';
COMMENT ON COLUMN release_metrics.risk.category IS 'technical, business or operational.';
COMMENT ON COLUMN release_metrics.risk.title IS 'What may happen, in one line.';
COMMENT ON COLUMN release_metrics.risk.probability IS 'Chance that it happens, ratio 0..1; where basis is unknown an assumption of the product file.';
COMMENT ON COLUMN release_metrics.risk.impact IS 'How bad it would be, 1 (very low) to 5 (very high).';
COMMENT ON COLUMN release_metrics.risk.score IS 'probability x impact, 0..5.';
COMMENT ON COLUMN release_metrics.risk.basis IS 'measured (from data), stated (by the team) or unknown (nothing is known).';
COMMENT ON COLUMN release_metrics.risk.why IS 'The numbers that the probability rests on, or why there are none. Text from outside: escape it where you show it.';
COMMENT ON COLUMN release_metrics.risk.trend IS 'new, rising, falling or steady, against the last assessment of an earlier day.';
COMMENT ON COLUMN release_metrics.risk.mitigation IS 'What is done about it; may be empty.';
COMMENT ON COLUMN release_metrics.risk.owner IS 'Who sees to it; may be empty.';
COMMENT ON COLUMN release_metrics.risk.state IS 'open, came_true, avoided or closed, as of the last assessment.';
COMMENT ON COLUMN release_metrics.risk.detail IS 'What made it come true; else empty.';
COMMENT ON COLUMN release_metrics.risk.found_at IS 'When it was first assessed, UTC.';
COMMENT ON COLUMN release_metrics.risk.state_at IS 'Since when it is in its state, UTC.';
COMMENT ON COLUMN release_metrics.risk.latest IS 'True for the last assessment of this risk.';
