-- Note a group of a round from another tool; how many were asked is not known.
INSERT INTO release_ops.survey_group (round, place, audience)
SELECT %(round)s, coalesce(max(place) + 1, 0), %(audience)s FROM release_ops.survey_group WHERE round = %(round)s
ON CONFLICT (round, audience) DO NOTHING
