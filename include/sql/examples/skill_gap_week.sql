-- Which skills lack in which weeks?
-- table: skill_gap_week
SELECT team_file, skill, level, certified, week, round(demand) AS wanted, round(lacking) AS lacking, round(short) AS short
FROM release_metrics.skill_gap_week
WHERE latest AND short > 0
ORDER BY team_file, skill, level, week
