-- How much of its time did each team work in the last weeks?
-- table: utilisation_week
SELECT team_file, name AS team, week, worked, available, round(utilisation::numeric, 2) AS utilisation
FROM release_metrics.utilisation_week
WHERE dimension = 'team'
ORDER BY team_file, team, week
