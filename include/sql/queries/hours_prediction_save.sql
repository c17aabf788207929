-- Keep what a review expects of coming weeks; another review of the same day takes its place.
WITH old AS (
    DELETE FROM release_ops.hours_prediction p
    WHERE p.team_file = %(team_file)s AND p.made_on = %(made_on)s
        AND NOT EXISTS (
            SELECT FROM jsonb_to_recordset(%(rows)s) AS r (dimension text, name text, week date)
            WHERE (r.dimension, r.name, r.week) = (p.dimension, p.name, p.week)
        )
)
INSERT INTO release_ops.hours_prediction (team_file, dimension, name, made_on, week, hours, low, high)
SELECT %(team_file)s, r.dimension, r.name, %(made_on)s, r.week, r.hours, r.low, r.high
FROM jsonb_to_recordset(%(rows)s) AS r (
    dimension text, name text, week date, hours double precision, low double precision, high double precision
)
ON CONFLICT (team_file, dimension, name, made_on, week) DO UPDATE SET
    hours = excluded.hours, low = excluded.low, high = excluded.high
