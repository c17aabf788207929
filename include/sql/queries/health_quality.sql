-- What a product's facts say of its quality: critical issues open at an instant, and counts of deployments, reviews and checks since.
SELECT
    (
        SELECT bool_or(coalesce(s.finished_at > %(now)s - interval '7 days', false)) FROM release_ops.ingest_state s
        WHERE s.product = %(product)s AND s.stream IN ('issues', 'incidents')
    ) AS issues_known,
    (
        SELECT count(*) FROM release_ops.issue i
        WHERE i.product = %(product)s AND i.state = 'open' AND i.severity = 'critical' AND NOT i.is_incident
    ) + (
        SELECT count(*) FROM release_ops.incident i
        WHERE i.product = %(product)s AND i.severity = 'critical' AND i.started_at <= %(now)s
            AND (i.resolved_at IS NULL OR i.resolved_at > %(now)s)
    ) AS critical,
    d.deployments, d.failed,
    p.merged, p.approved,
    c.finished, c.succeeded
FROM (
    SELECT count(*) FILTER (WHERE is_failed IS NOT NULL) AS deployments, count(*) FILTER (WHERE is_failed) AS failed
    FROM release_metrics.deployment_outcome
    WHERE product = %(product)s AND environment = %(production)s AND finished_at > %(now)s - interval '90 days' AND finished_at <= %(now)s
) d
CROSS JOIN (
    SELECT count(*) AS merged, count(*) FILTER (WHERE approved_at IS NOT NULL AND approved_at <= merged_at) AS approved
    FROM release_ops.pull_request
    WHERE product = %(product)s AND merged_at > %(now)s - interval '30 days' AND merged_at <= %(now)s
) p
CROSS JOIN (
    SELECT count(*) FILTER (WHERE state IN ('success', 'failure')) AS finished, count(*) FILTER (WHERE state = 'success') AS succeeded
    FROM release_ops.check_run
    WHERE product = %(product)s AND pull_request <> '' AND completed_at > %(now)s - interval '30 days' AND completed_at <= %(now)s
) c
