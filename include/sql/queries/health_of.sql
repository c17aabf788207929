-- The health reports of a release, the newest first; the last one before a week if it is given.
-- optional: before_week
SELECT * FROM release_ops.health_report
WHERE product = %(product)s AND version = %(version)s AND week < coalesce(%(before_week)s::date, 'infinity')
ORDER BY week DESC
LIMIT CASE WHEN %(before_week)s::date IS NULL THEN NULL ELSE 1 END
