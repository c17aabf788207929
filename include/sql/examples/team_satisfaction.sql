-- How content are the teams, review by review?
-- table: team_satisfaction
SELECT team_file, team, reviewed_on, score
FROM release_metrics.team_satisfaction
ORDER BY team_file, team, reviewed_on
