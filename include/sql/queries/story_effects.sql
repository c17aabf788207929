-- The acts on the outside world for one release without its messages, interrupted ones first, with how many there are.
SELECT key, kind, state, how, claimed_at, done_at, run_id, result, count(*) OVER () AS total,
    (SELECT min(r.dag_id) FROM release_ops.milestone_run r WHERE r.run_id = e.run_id) AS dag_id
FROM release_ops.effect e
WHERE product = %(product)s AND version = %(version)s AND kind <> 'message'
ORDER BY state = 'done', claimed_at DESC, key
LIMIT %(limit)s OFFSET %(offset)s
