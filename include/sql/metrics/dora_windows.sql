-- The weeks and months of those days, from their first instant to that of the next, UTC.
INSERT INTO dora_window (product, environment, period, starts_on, starts_at, ends_at, several)
-- Materialized, or the function would be called for every week instead of every line.
WITH line AS MATERIALIZED (
    SELECT product, environment, release_ops.has_several_components(product, environment) AS several
    FROM (SELECT DISTINCT product, environment FROM dora_day) AS d
)
SELECT w.product, w.environment, w.period, w.starts_on, w.starts_on::timestamp AT TIME ZONE 'UTC',
    (w.starts_on + CASE w.period WHEN 'week' THEN interval '7 days' ELSE interval '1 month' END) AT TIME ZONE 'UTC', line.several
FROM (
    SELECT DISTINCT product, environment, period, date_trunc(period, day::timestamp)::date AS starts_on
    FROM (SELECT DISTINCT product, environment, day FROM dora_day) AS d CROSS JOIN (VALUES ('week'), ('month')) AS p (period)
) AS w
JOIN line USING (product, environment)
