-- Which teams have more promised than they aim at in the coming weeks?
-- table: team_capacity_week
SELECT team_file, team, week, round(capacity) AS hours, round(booked + planned) AS promised, round(utilisation::numeric, 2) AS utilisation
FROM release_metrics.team_capacity_week
WHERE latest AND utilisation > target
ORDER BY team_file, team, week
