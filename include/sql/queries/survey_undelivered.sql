-- Note what a channel said when it did not take a message.
UPDATE release_ops.survey_invitation SET error = %(error)s WHERE id = %(id)s
