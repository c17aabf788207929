-- A ramp moves on, unless somebody else moved it since it was read.
UPDATE release_ops.flag_ramp
SET state = %(state)s, percent = %(percent)s, detail = %(detail)s, progress = %(progress)s, runs = %(runs)s, revision = revision + 1,
    started_at = coalesce(started_at, CASE WHEN %(place)s::integer > 0 THEN %(at)s::timestamptz END),
    ended_at = CASE WHEN %(over)s::boolean THEN coalesce(ended_at, %(at)s) END
WHERE ramp = %(ramp)s AND revision = %(revision)s
