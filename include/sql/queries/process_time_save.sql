-- Keep where the time of a release went; what was worked out before is replaced.
WITH parts AS (
    SELECT * FROM jsonb_to_recordset(%(parts)s) AS p (category text, part text, spent double precision, on_path double precision)
), gone AS (
    DELETE FROM release_ops.process_time t
    WHERE t.product = %(product)s AND t.version = %(version)s
        AND NOT EXISTS (SELECT FROM parts p WHERE p.category = t.category AND p.part = t.part)
)
INSERT INTO release_ops.process_time (product, version, category, part, spent, on_path, computed_at)
SELECT %(product)s, %(version)s, p.category, p.part, make_interval(secs => p.spent), make_interval(secs => p.on_path), %(computed_at)s
FROM parts p
ON CONFLICT (product, version, category, part) DO UPDATE SET
    spent = excluded.spent, on_path = excluded.on_path, computed_at = excluded.computed_at
