-- The scorecard of one release.
SELECT * FROM release_metrics.release_scorecard WHERE product = %(product)s AND version = %(version)s
