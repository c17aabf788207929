-- Make the targets of products those of their files; what has not changed is not written, what left the files stays.
INSERT INTO release_ops.product_target AS t
    (product, profile, timezone, production, deployment_success, freeze_to_production, critical_issues, recovery)
SELECT f.product, f.profile, coalesce(z.name, 'UTC'), f.production, f.deployment_success,
    make_interval(secs => f.freeze_to_production), f.critical_issues, make_interval(secs => f.recovery)
FROM jsonb_to_recordset(%(targets)s) AS f (
    product text, profile text, timezone text, production text, deployment_success numeric,
    freeze_to_production double precision, critical_issues numeric, recovery double precision
)
LEFT JOIN pg_timezone_names z ON z.name = f.timezone
ON CONFLICT (product) DO UPDATE SET
    profile = excluded.profile, timezone = excluded.timezone, production = excluded.production,
    deployment_success = excluded.deployment_success, freeze_to_production = excluded.freeze_to_production,
    critical_issues = excluded.critical_issues, recovery = excluded.recovery, updated_at = now()
WHERE (t.profile, t.timezone, t.production, t.deployment_success, t.freeze_to_production, t.critical_issues, t.recovery)
    IS DISTINCT FROM (
        excluded.profile, excluded.timezone, excluded.production, excluded.deployment_success,
        excluded.freeze_to_production, excluded.critical_issues, excluded.recovery
    )
