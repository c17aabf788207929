-- What earlier databases say of predictions, mended.

CREATE OR REPLACE VIEW release_metrics.prediction AS
SELECT product, version, kind, subject, made_on, made_at, probability, expected_on, expected, basis, resolved_at, occurred,
    actual_on, actual,
    power(probability - occurred::integer, 2) AS brier,
    (probability >= 0.5) = occurred AS hit,
    -- greatest() leaves nulls out: what nobody knows yet would be wholly wrong.
    CASE WHEN kind = 'scope' AND actual IS NOT NULL THEN greatest(0, 1 - abs(actual - expected)) END AS scope_accuracy,
    CASE WHEN kind = 'ga_date' THEN actual_on - expected_on WHEN kind = 'duration' THEN actual - expected END AS days_off,
    CASE
        WHEN kind = 'ga_date' THEN abs(actual_on - expected_on)::double precision / nullif(greatest(expected_on - made_on, 0), 0)
        WHEN kind = 'duration' AND expected > 0 THEN abs(actual - expected) / expected
    END AS time_variance
FROM release_ops.prediction;

-- 0.3 instead of 0.30000000000000000000.
CREATE OR REPLACE VIEW release_metrics.prediction_calibration AS
SELECT product, kind, round(bucket / 10.0, 1) AS probability_from, round((bucket + 1) / 10.0, 1) AS probability_to,
    count(*) AS predictions, avg(probability) AS mean_probability, avg(occurred::integer)::double precision AS came_true,
    avg(brier) AS brier
FROM (
    SELECT product, kind, probability, occurred, brier, least(floor(probability * 10 + 1e-9), 9)::integer AS bucket
    FROM release_metrics.prediction
    WHERE probability IS NOT NULL AND occurred IS NOT NULL
) scored
GROUP BY product, kind, bucket;
