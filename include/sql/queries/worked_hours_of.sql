-- Hours that were worked for a team file from a week on.
SELECT week, person, project, skill, hours
FROM release_ops.worked_hours
WHERE team_file = %(team_file)s AND week >= %(since)s
ORDER BY week, person, project, skill
