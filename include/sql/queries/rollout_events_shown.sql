-- What happened in a rollout, in order; the first ones, and how many there are.
SELECT place, at, kind, coalesce(detail ->> 'text', '') AS text, coalesce(detail ->> 'by', '') AS by,
    CASE WHEN jsonb_typeof(detail -> 'weight') = 'number' THEN (detail ->> 'weight')::integer END AS weight,
    count(*) OVER () AS total
FROM release_ops.rollout_event
WHERE rollout = %(rollout)s
ORDER BY place
LIMIT %(limit)s
