-- One rollout as its page shows it.
SELECT rollout, product, version, environment, attempt, kind, strategy, driver, ref, commit, previous_version, state, weight, step,
    detail, plan, requested_by, reason, planned_at, started_at, ended_at, run_id, dag_id
FROM release_ops.rollout
WHERE rollout = %(rollout)s
