-- How long do flags take to everybody, and how many ramps end early?
-- table: flag_ramp
SELECT product, environment, state, count(*) AS ramps, avg(duration) AS mean_duration
FROM release_metrics.flag_ramp
WHERE ended_at IS NOT NULL
GROUP BY product, environment, state
ORDER BY product, environment, state
