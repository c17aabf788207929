-- Take in hours that were worked.
COPY release_ops.worked_hours (team_file, week, person, project, skill, hours) FROM STDIN
