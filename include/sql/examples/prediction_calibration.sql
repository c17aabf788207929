-- Does what is said to be likely come true as often?
-- table: prediction_calibration
SELECT product, kind, probability_from, probability_to, predictions, mean_probability, came_true,
    came_true - mean_probability AS off_by
FROM release_metrics.prediction_calibration
ORDER BY product, kind, probability_from
