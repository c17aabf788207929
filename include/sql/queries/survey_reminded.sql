-- Note that a channel took a reminder; the first time stays.
UPDATE release_ops.survey_invitation SET reminded_at = coalesce(reminded_at, %(at)s), error = '' WHERE id = %(id)s
