-- The way back of an environment was rehearsed.
INSERT INTO release_ops.rehearsal (
    product, environment, rehearsed_at, version, previous_version, driver, passed, ended_at, detail, evidence, run_id
)
VALUES (
    %(product)s, %(environment)s, %(rehearsed_at)s, %(version)s, %(previous_version)s, %(driver)s, %(passed)s, %(ended_at)s,
    %(detail)s, %(evidence)s, %(run_id)s
)
ON CONFLICT (product, environment, rehearsed_at) DO UPDATE SET
    version = excluded.version, previous_version = excluded.previous_version, driver = excluded.driver, passed = excluded.passed,
    ended_at = excluded.ended_at, detail = excluded.detail, evidence = excluded.evidence, run_id = excluded.run_id
