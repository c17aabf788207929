-- Give back the room of what was taken out of the box, so that nothing of it lies about.
VACUUM release_ops.survey_sealed, release_ops.survey_spent
