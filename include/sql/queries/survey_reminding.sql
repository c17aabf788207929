-- Note that a round's reminders begin: answers from now on are of the second wave. The first time stays.
UPDATE release_ops.survey_round SET reminded_at = coalesce(reminded_at, %(at)s) WHERE round = %(round)s
