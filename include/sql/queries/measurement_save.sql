-- One measurement; measured again at the same instant it is written over.
-- optional: value, sample
INSERT INTO release_ops.measurement (
    subject_kind, subject, run, analysis, metric, started_at, product, environment, value, result, sample, phase, message, dry_run
)
VALUES (
    %(subject_kind)s, %(subject)s, %(run)s, %(analysis)s, %(metric)s, %(started_at)s, %(product)s, %(environment)s, %(value)s,
    %(result)s, %(sample)s, %(phase)s, %(message)s, %(dry_run)s
)
ON CONFLICT (subject_kind, subject, run, metric, started_at) DO UPDATE SET
    value = excluded.value, result = excluded.result, sample = excluded.sample, phase = excluded.phase, message = excluded.message
