-- What became of each finished deployment, and on which day; the parts that it has in several repositories are one.
WITH one AS (
    SELECT x.n, x.product, x.deployment, d.environment,
        CASE WHEN min(d.component) = max(d.component) THEN min(d.component) ELSE '' END AS component,
        max(d.version) AS version, bool_or(d.result = 'success') AS is_success, count(*) AS parts, min(d.started_at) AS started_at,
        coalesce(max(d.finished_at) FILTER (WHERE d.result = 'success'), max(d.finished_at)) AS finished_at,
        bool_or(d.rolled_back) AS rolled_back, bool_or(d.unplanned) AS unplanned, max(d.url) AS url
    FROM dora_deployment AS x
    JOIN release_ops.deployment AS d USING (product, deployment)
    WHERE d.result IN ('success', 'failure') AND d.environment <> ''
    GROUP BY x.n, x.product, x.deployment, d.environment
), shipped AS (
    SELECT x.n, c.environment, count(*) AS commits,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(c.deployed_at - c.authored_at, interval '0')) AS lead_time_median
    FROM dora_deployment AS x
    JOIN release_ops.deployed_commit AS c USING (product, deployment)
    GROUP BY x.n, c.environment
), hurt AS (
    SELECT x.n, i.environment, count(*) AS incidents, min(i.started_at) AS started_at,
        CASE WHEN bool_and(i.resolved_at IS NOT NULL) THEN max(i.resolved_at) END AS resolved_at
    FROM dora_deployment AS x
    JOIN release_ops.incident_deployment AS i USING (product, deployment)
    GROUP BY x.n, i.environment
), undone AS (
    SELECT x.n, b.environment, CASE WHEN bool_and(s.finished_at IS NOT NULL) THEN max(s.finished_at) END AS replaced_at
    FROM dora_deployment AS x
    JOIN release_ops.deployment AS b USING (product, deployment)
    LEFT JOIN LATERAL (
        SELECT s.finished_at
        FROM release_ops.deployment AS s
        WHERE s.product = b.product AND s.environment = b.environment AND s.repository = b.repository AND s.component = b.component
            AND s.result = 'success' AND s.finished_at >= b.finished_at
            AND (s.finished_at, s.deployment) > (b.finished_at, b.deployment)
        ORDER BY s.finished_at
        LIMIT 1
    ) AS s ON true
    WHERE b.rolled_back AND b.result IN ('success', 'failure')
    GROUP BY x.n, b.environment
), mending AS (
    SELECT DISTINCT x.n
    FROM dora_deployment AS x
    JOIN release_ops.incident AS i ON i.product = x.product AND i.fixed_by = x.deployment AND i.fixed_by <> ''
), found AS (
    INSERT INTO release_ops.deployment_outcome
        (product, environment, deployment, component, version, result, parts, started_at, finished_at, commits, lead_time_median,
        incidents, rolled_back, reached_users, is_failed, failed_why, failed_at, recovered_at, is_rework, rework_why, url)
    SELECT one.product, one.environment, one.deployment, one.component, one.version,
        CASE WHEN one.is_success THEN 'success' ELSE 'failure' END, one.parts, one.started_at, one.finished_at,
        coalesce(shipped.commits, 0), shipped.lead_time_median, coalesce(hurt.incidents, 0), one.rolled_back,
        one.is_success OR hurt.n IS NOT NULL OR one.rolled_back IS TRUE,
        hurt.n IS NOT NULL OR one.rolled_back IS TRUE,
        concat_ws(', ', CASE WHEN hurt.n IS NOT NULL THEN 'incident' END, CASE WHEN one.rolled_back THEN 'rollback' END),
        CASE WHEN hurt.n IS NOT NULL THEN hurt.started_at WHEN one.rolled_back THEN one.finished_at END,
        CASE WHEN hurt.n IS NOT NULL THEN hurt.resolved_at ELSE undone.replaced_at END,
        CASE
            WHEN one.unplanned IS NOT NULL THEN one.unplanned
            WHEN mending.n IS NOT NULL OR r.type IN ('hotfix', 'security') THEN true
            WHEN r.type IS NOT NULL THEN false
        END,
        CASE
            WHEN one.unplanned THEN 'stated'
            WHEN one.unplanned IS NOT NULL THEN ''
            WHEN mending.n IS NOT NULL THEN 'fixes an incident'
            WHEN r.type IN ('hotfix', 'security') THEN 'release type'
            ELSE ''
        END,
        one.url
    FROM one
    LEFT JOIN shipped USING (n, environment)
    LEFT JOIN hurt USING (n, environment)
    LEFT JOIN undone USING (n, environment)
    LEFT JOIN mending USING (n)
    LEFT JOIN release_ops.release AS r ON r.product = one.product AND r.version = one.version
    RETURNING product, environment, finished_at
)
INSERT INTO dora_day (product, environment, day)
SELECT DISTINCT product, environment, (finished_at AT TIME ZONE 'UTC')::date FROM found
