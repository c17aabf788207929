-- Note that a channel took an invitation; the first time stays.
UPDATE release_ops.survey_invitation SET invited_at = coalesce(invited_at, %(at)s), error = '' WHERE id = %(id)s
