-- Forget the hours of a team file from a week on: its feed tells them anew.
DELETE FROM release_ops.worked_hours WHERE team_file = %(team_file)s AND week >= %(since)s
