-- What earlier reviews of a team file expected of the weeks from one on.
SELECT dimension, name, made_on, week, hours, low, high
FROM release_ops.hours_prediction
WHERE team_file = %(team_file)s AND week >= %(since)s AND made_on < %(before)s
ORDER BY made_on, dimension, name, week
