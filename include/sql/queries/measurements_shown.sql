-- Every metric of every run of an analysis: how often it was measured with what outcome, and the last of it.
SELECT run, analysis, metric, bool_or(dry_run) AS dry_run, count(*) AS taken, count(*) FILTER (WHERE phase = 'Successful') AS successful,
    count(*) FILTER (WHERE phase = 'Failed') AS failed, count(*) FILTER (WHERE phase = 'Inconclusive') AS inconclusive,
    count(*) FILTER (WHERE phase = 'Error') AS errors, min(started_at) AS first_at, max(started_at) AS last_at,
    (array_agg(value ORDER BY started_at DESC))[1] AS last_value, min(value) AS least, max(value) AS most,
    (array_agg(message ORDER BY started_at DESC))[1] AS last_message
FROM release_ops.measurement
WHERE subject_kind = 'rollout' AND subject = %(rollout)s
GROUP BY run, analysis, metric
ORDER BY min(started_at), run, metric
LIMIT %(limit)s
