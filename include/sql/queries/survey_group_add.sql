-- Note a group of a round and how many of it are invited.
INSERT INTO release_ops.survey_group (round, place, audience, invited)
VALUES (%(round)s, %(place)s, %(audience)s, %(invited)s)
