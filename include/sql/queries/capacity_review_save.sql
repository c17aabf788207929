-- Keep a review; another one of the same day takes its place.
INSERT INTO release_ops.capacity_review (team_file, reviewed_on, reviewed_at, run_id, facts)
VALUES (%(team_file)s, %(reviewed_on)s, %(reviewed_at)s, %(run_id)s, %(facts)s)
ON CONFLICT (team_file, reviewed_on) DO UPDATE SET
    reviewed_at = excluded.reviewed_at, run_id = excluded.run_id, facts = excluded.facts
