-- What became of a release's messages of some kinds, by kind and state.
SELECT kind, state, count(*) AS messages, min(sent_at) AS first_sent_at, max(sent_at) AS last_sent_at
FROM release_ops.stakeholder_message
WHERE product = %(product)s AND version = %(version)s AND kind IN (SELECT jsonb_array_elements_text(%(kinds)s))
GROUP BY kind, state
ORDER BY kind, state
