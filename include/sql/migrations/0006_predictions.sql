-- The scope day by day, and predictions with what came of them.

CREATE TABLE release_ops.scope_day (
    product text NOT NULL,
    version text NOT NULL,
    day date NOT NULL,
    total integer NOT NULL,
    done integer NOT NULL,
    points_total double precision NOT NULL,
    points_done double precision NOT NULL,
    unestimated integer NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, version, day),
    CHECK (done BETWEEN 0 AND total AND unestimated BETWEEN 0 AND total)
);
COMMENT ON TABLE release_ops.scope_day IS 'One row per release and day: how much was planned and done when it was last looked at on that day.';

CREATE TABLE release_ops.prediction (
    product text NOT NULL,
    version text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ga_date', 'on_time', 'scope', 'risk', 'gate', 'duration')),
    subject text NOT NULL DEFAULT '',
    made_on date NOT NULL,
    made_at timestamptz NOT NULL,
    probability double precision CHECK (probability BETWEEN 0 AND 1),
    expected_on date,
    expected double precision,
    basis text NOT NULL DEFAULT '',
    resolved_at timestamptz,
    occurred boolean,
    actual_on date,
    actual double precision,
    PRIMARY KEY (product, version, kind, subject, made_on),
    CHECK (num_nonnulls(probability, expected) = 1),
    CHECK (resolved_at IS NULL OR num_nonnulls(occurred, actual) > 0)
);
CREATE INDEX prediction_open ON release_ops.prediction (product, version) WHERE resolved_at IS NULL;
COMMENT ON TABLE release_ops.prediction IS 'One row per prediction and day. What was said is never changed; what came of it is added once.';

CREATE VIEW release_metrics.scope_day AS
SELECT product, version, day, total, done, points_total, points_done, unestimated,
    done::double precision / nullif(total, 0) AS done_ratio, updated_at
FROM release_ops.scope_day;
COMMENT ON VIEW release_metrics.scope_day IS 'Grain: one row per release and day between planning and GA. Key: product, version, day. Fresh: once a day. The burn-up: how much was planned and how much was done.';
COMMENT ON COLUMN release_metrics.scope_day.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.scope_day.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.scope_day.day IS 'Day, UTC.';
COMMENT ON COLUMN release_metrics.scope_day.total IS 'Features planned at the last look of that day.';
COMMENT ON COLUMN release_metrics.scope_day.done IS 'Those of them that were done.';
COMMENT ON COLUMN release_metrics.scope_day.points_total IS 'Points of the planned features that have an estimate.';
COMMENT ON COLUMN release_metrics.scope_day.points_done IS 'Points of those that were done.';
COMMENT ON COLUMN release_metrics.scope_day.unestimated IS 'Planned features without points; where it is not 0, the points are too few.';
COMMENT ON COLUMN release_metrics.scope_day.done_ratio IS 'done / total, ratio 0..1; null for a release without features.';
COMMENT ON COLUMN release_metrics.scope_day.updated_at IS 'When this row last changed, UTC.';

CREATE VIEW release_metrics.prediction AS
SELECT product, version, kind, subject, made_on, made_at, probability, expected_on, expected, basis, resolved_at, occurred,
    actual_on, actual,
    power(probability - occurred::integer, 2) AS brier,
    (probability >= 0.5) = occurred AS hit,
    CASE WHEN kind = 'scope' THEN greatest(0, 1 - abs(actual - expected)) END AS scope_accuracy,
    CASE WHEN kind = 'ga_date' THEN actual_on - expected_on WHEN kind = 'duration' THEN actual - expected END AS days_off,
    CASE
        WHEN kind = 'ga_date' THEN abs(actual_on - expected_on)::double precision / nullif(greatest(expected_on - made_on, 0), 0)
        WHEN kind = 'duration' AND expected > 0 THEN abs(actual - expected) / expected
    END AS time_variance
FROM release_ops.prediction;
COMMENT ON VIEW release_metrics.prediction IS 'Grain: one row per prediction and day on which it was made. Key: product, version, kind, subject, made_on. Fresh: made weekly, scored once a day. What was predicted before the fact, and how it came.';
COMMENT ON COLUMN release_metrics.prediction.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.prediction.version IS 'Version of the release.';
COMMENT ON COLUMN release_metrics.prediction.kind IS 'ga_date: GA is on expected_on or before. on_time: GA is on its planned day or before. scope: the share of the scope that GA delivers. risk: something goes wrong. gate: a gate passes the next time. duration: days from planning to GA.';
COMMENT ON COLUMN release_metrics.prediction.subject IS 'p50, p85 or p95 of a ga_date, the feature or risk of a risk, the gate of a gate; else empty.';
COMMENT ON COLUMN release_metrics.prediction.made_on IS 'Day on which it was made, UTC; the first of a day stays.';
COMMENT ON COLUMN release_metrics.prediction.made_at IS 'When it was made, UTC.';
COMMENT ON COLUMN release_metrics.prediction.probability IS 'Chance that it comes true, ratio 0..1; null for scope and duration.';
COMMENT ON COLUMN release_metrics.prediction.expected_on IS 'Predicted day of GA; of on_time the planned one. Null for other kinds.';
COMMENT ON COLUMN release_metrics.prediction.expected IS 'Predicted ratio 0..1 (scope) or days (duration); null for other kinds.';
COMMENT ON COLUMN release_metrics.prediction.basis IS 'What it rests on, in words: source and length of the history, whether it is stable.';
COMMENT ON COLUMN release_metrics.prediction.resolved_at IS 'When the outcome was found, UTC; null: nobody knows yet.';
COMMENT ON COLUMN release_metrics.prediction.occurred IS 'Whether it came true; null until resolved, and for scope and duration.';
COMMENT ON COLUMN release_metrics.prediction.actual_on IS 'Actual day of GA in the product''s zone; null where it does not matter or is not known.';
COMMENT ON COLUMN release_metrics.prediction.actual IS 'Actual ratio 0..1 (scope) or days (duration); null until resolved.';
COMMENT ON COLUMN release_metrics.prediction.brier IS '(probability - occurred) squared, 0..1, 0 is best; its mean is the Brier score. Null until resolved.';
COMMENT ON COLUMN release_metrics.prediction.hit IS 'True if what was held for likelier came true; null until resolved.';
COMMENT ON COLUMN release_metrics.prediction.scope_accuracy IS '1 - |actual - expected| of a scope, ratio 0..1; null until resolved.';
COMMENT ON COLUMN release_metrics.prediction.days_off IS 'Actual minus predicted, days, of a ga_date and a duration; negative: earlier. Null until resolved.';
COMMENT ON COLUMN release_metrics.prediction.time_variance IS '|actual - predicted| / predicted, ratio, of a duration; of a ga_date by the days from made_on to expected_on. Null until resolved.';

CREATE VIEW release_metrics.prediction_calibration AS
SELECT product, kind, bucket / 10.0 AS probability_from, (bucket + 1) / 10.0 AS probability_to,
    count(*) AS predictions, avg(probability) AS mean_probability, avg(occurred::integer)::double precision AS came_true,
    avg(brier) AS brier
FROM (
    SELECT product, kind, probability, occurred, brier, least(floor(probability * 10 + 1e-9), 9)::integer AS bucket
    FROM release_metrics.prediction
    WHERE probability IS NOT NULL AND occurred IS NOT NULL
) scored
GROUP BY product, kind, bucket;
COMMENT ON VIEW release_metrics.prediction_calibration IS 'Grain: one row per product, kind and tenth of probability with scored predictions. Key: product, kind, probability_from. Fresh: once a day. Does what was said to be likely come true as often as it was said?';
COMMENT ON COLUMN release_metrics.prediction_calibration.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.prediction_calibration.kind IS 'ga_date, on_time, risk or gate.';
COMMENT ON COLUMN release_metrics.prediction_calibration.probability_from IS 'Lower end of the tenth, ratio, included.';
COMMENT ON COLUMN release_metrics.prediction_calibration.probability_to IS 'Upper end of the tenth, ratio, not included except 1.';
COMMENT ON COLUMN release_metrics.prediction_calibration.predictions IS 'Number of scored predictions in it.';
COMMENT ON COLUMN release_metrics.prediction_calibration.mean_probability IS 'Mean chance that was told, ratio.';
COMMENT ON COLUMN release_metrics.prediction_calibration.came_true IS 'Share that came true, ratio; near mean_probability if calibrated.';
COMMENT ON COLUMN release_metrics.prediction_calibration.brier IS 'Brier score of these predictions, 0..1, 0 is best.';
