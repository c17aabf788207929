-- What was measured of a subject, in order of time.
SELECT run, analysis, metric, started_at, value, sample, phase, message, dry_run FROM release_ops.measurement
WHERE subject_kind = %(subject_kind)s AND subject = %(subject)s
ORDER BY started_at, run, metric
