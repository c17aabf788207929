-- Values of the metrics of analyses in an environment while the rollouts of two versions of a product ran.
SELECT m.metric, r.version, m.value
FROM release_ops.measurement m
JOIN release_ops.rollout r ON m.subject_kind = 'rollout' AND r.rollout = m.subject
WHERE r.product = %(product)s AND r.environment = %(environment)s AND r.version IN (%(version)s, %(previous)s) AND m.value IS NOT NULL
ORDER BY m.metric, m.started_at
