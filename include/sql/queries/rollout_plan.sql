-- Plan a rollout; the same one again changes nothing. A unique_violation: another one of the environment is open.
INSERT INTO release_ops.rollout (
    rollout, product, version, environment, attempt, kind, strategy, driver, ref, commit, previous_version, plan, requested_by,
    reason, planned_at, run_id, dag_id
)
VALUES (
    %(rollout)s, %(product)s, %(version)s, %(environment)s, %(attempt)s, %(kind)s, %(strategy)s, %(driver)s, %(ref)s, %(commit)s,
    %(previous_version)s, %(plan)s, %(requested_by)s, %(reason)s, %(at)s, %(run_id)s, %(dag_id)s
)
ON CONFLICT (rollout) DO NOTHING
