-- What rests on too few people?
-- table: bus_factor
SELECT team_file, dimension, name, skill, level, factor
FROM release_metrics.bus_factor
WHERE latest AND at_risk
ORDER BY team_file, factor, dimension, name
