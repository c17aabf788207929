-- The version that is live in an environment, by our own rollouts, else by the facts of delivery; empty: a way back failed.
SELECT version, ref, commit, known_from, since
FROM (
    (
        SELECT CASE state WHEN 'promoted' THEN version WHEN 'rolled_back' THEN previous_version ELSE '' END AS version,
            CASE state WHEN 'promoted' THEN ref ELSE '' END AS ref,
            CASE state WHEN 'promoted' THEN commit ELSE '' END AS commit,
            'rollout' AS known_from, ended_at AS since
        FROM release_ops.rollout
        WHERE product = %(product)s AND environment = %(environment)s AND state IN ('promoted', 'rolled_back', 'failed')
        ORDER BY ended_at DESC
        LIMIT 1
    )
    UNION ALL
    (
        SELECT version, ref, commit, 'delivery', finished_at
        FROM release_ops.deployment
        WHERE product = %(product)s AND environment = %(environment)s AND result = 'success' AND version <> ''
            AND source <> 'release_ops' AND rolled_back IS NOT TRUE
        ORDER BY finished_at DESC
        LIMIT 1
    )
) AS known
ORDER BY known_from = 'rollout' DESC
LIMIT 1
