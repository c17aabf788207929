"""What fourkeys and DevLake ask of their tables, for `metrics.py`: their dashboards' own questions in PostgreSQL's words.

Both projects are under the Apache License 2.0. From fourkeys (https://github.com/dora-team/fourkeys,
dashboard/fourkeys_dashboard.json, at 6cc642e): the four panels by day. From DevLake
(https://github.com/apache/incubator-devlake, grafana/dashboards/DORA.json, at 420e494): the four bar charts by month.

What differs from what they published:

- fourkeys is BigQuery: TIMESTAMP_TRUNC is date_trunc, TIMESTAMP_DIFF whole minutes or hours of the difference, a comma
  join with an array is unnest. PERCENTILE_CONT OVER a day, of which one value is kept, is percentile_cont of the group.
- DevLake is MySQL: date_format is to_char, TIMESTAMPDIFF whole minutes of the difference; ratios are divided as decimals.
  The period and the projects that Grafana puts in are all there are; of its two reports the one of 2023.
- Their tables are filled from our rows beforehand and that is not timed, also where they hold results that each tool has to
  work out: which commits a deployment brought, which deployment an incident belongs to, the cycle time of a pull request.
"""

from __future__ import annotations

from release_ops.store import Store

FILL = (
    "CREATE SCHEMA four_keys",
    "CREATE SCHEMA devlake",
    """
    CREATE TABLE four_keys.changes AS
    SELECT 'github' AS source, 'push' AS event_type, commit AS change_id, committed_at AS time_created
    FROM release_ops.commit
    """,
    """
    CREATE TABLE four_keys.deployments AS
    SELECT 'github' AS source, d.product || ':' || d.deployment AS deploy_id, d.finished_at AS time_created,
        d.commit AS main_commit, array_agg(c.commit) AS changes
    FROM release_ops.deployment AS d JOIN release_ops.deployed_commit AS c USING (product, deployment)
    WHERE d.environment = 'production' AND d.result = 'success'
    GROUP BY d.product, d.deployment, d.finished_at, d.commit
    """,
    """
    CREATE TABLE four_keys.incidents AS
    SELECT 'github' AS source, i.product || ':' || i.incident AS incident_id, i.started_at AS time_created,
        i.resolved_at AS time_resolved, ARRAY[d.commit] AS changes
    FROM release_ops.incident_deployment AS i JOIN release_ops.deployment AS d USING (product, deployment)
    """,
    """
    CREATE TABLE devlake.cicd_deployment_commits AS
    SELECT product || ':' || deployment AS id, product || ':' || deployment AS cicd_deployment_id, product AS cicd_scope_id,
        upper(result) AS result, upper(environment) AS environment, finished_at AS finished_date
    FROM release_ops.deployment
    """,
    "ALTER TABLE devlake.cicd_deployment_commits ADD PRIMARY KEY (id)",
    "CREATE INDEX ON devlake.cicd_deployment_commits (cicd_scope_id)",
    """
    CREATE TABLE devlake.project_mapping AS
    SELECT product AS project_name, t.name AS "table", product AS row_id
    FROM (SELECT DISTINCT product FROM release_ops.release) AS p CROSS JOIN (VALUES ('cicd_scopes'), ('repos')) AS t (name)
    """,
    'ALTER TABLE devlake.project_mapping ADD PRIMARY KEY (project_name, "table", row_id)',
    """
    CREATE TABLE devlake.pull_requests AS
    SELECT product || ':' || pull_request AS id, product AS base_repo_id, merged_at AS merged_date
    FROM release_ops.pull_request
    """,
    "ALTER TABLE devlake.pull_requests ADD PRIMARY KEY (id)",
    "CREATE INDEX ON devlake.pull_requests (base_repo_id)",
    """
    CREATE TABLE devlake.project_pr_metrics AS
    SELECT r.product || ':' || r.pull_request AS id, r.product AS project_name,
        r.product || ':' || d.deployment AS deployment_commit_id,
        ceil(extract(epoch FROM d.deployed_at - r.first_commit_at) / 60)::bigint AS pr_cycle_time
    FROM release_ops.pull_request AS r
    LEFT JOIN release_ops.deployed_commit AS d
        ON d.product = r.product AND d.commit = r.merge_commit AND d.environment = 'production'
    """,
    "ALTER TABLE devlake.project_pr_metrics ADD PRIMARY KEY (id, project_name)",
    """
    CREATE TABLE devlake.incidents AS
    SELECT product || ':' || incident AS id, product AS scope_id, started_at AS created_date, resolved_at AS resolution_date
    FROM release_ops.incident
    """,
    "ALTER TABLE devlake.incidents ADD PRIMARY KEY (id)",
    """
    CREATE TABLE devlake.project_incident_deployment_relationships AS
    SELECT product || ':' || incident AS id, product AS project_name, product || ':' || deployment AS deployment_id
    FROM release_ops.incident_deployment WHERE deployment IS NOT NULL
    """,
    "ALTER TABLE devlake.project_incident_deployment_relationships ADD PRIMARY KEY (id, project_name)",
    """
    CREATE TABLE devlake.calendar_months AS
    SELECT to_char(m, 'YY/MM') AS month, m AS month_timestamp
    FROM generate_series(timestamptz '2020-01-01', '2030-12-01', interval '1 month') AS m
    """,
)

FOURKEYS = {
    "deployment frequency": """
        SELECT date_trunc('day', time_created) AS day, count(DISTINCT deploy_id) AS deployments
        FROM four_keys.deployments GROUP BY day ORDER BY day
    """,
    "lead time": """
        SELECT day,
            coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes) FILTER (WHERE minutes > 0) / 60, 0) AS hours
        FROM (
            SELECT date_trunc('day', d.time_created) AS day,
                trunc(extract(epoch FROM d.time_created - c.time_created)::float8 / 60) AS minutes
            FROM four_keys.deployments AS d CROSS JOIN unnest(d.changes) AS change
            LEFT JOIN four_keys.changes AS c ON c.change_id = change
        ) AS one
        GROUP BY day ORDER BY day
    """,
    "change fail rate": """
        SELECT date_trunc('day', d.time_created) AS day,
            CASE WHEN count(DISTINCT c.change_id) = 0 THEN 0
                ELSE sum(CASE WHEN i.incident_id IS NULL THEN 0 ELSE 1 END)::float8 / count(DISTINCT d.deploy_id)
            END AS rate,
            count(DISTINCT d.deploy_id) AS deployments
        FROM four_keys.deployments AS d CROSS JOIN unnest(d.changes) AS change
        LEFT JOIN four_keys.changes AS c ON c.change_id = change
        LEFT JOIN (
            SELECT DISTINCT incident_id, cause, time_resolved FROM four_keys.incidents CROSS JOIN unnest(changes) AS cause
        ) AS i ON i.cause = change
        GROUP BY day
    """,
    "recovery time": """
        SELECT date_trunc('day', time_created) AS day,
            percentile_cont(0.5) WITHIN GROUP (
                ORDER BY trunc(extract(epoch FROM time_resolved - time_created)::float8 / 3600)
            ) AS hours
        FROM four_keys.incidents GROUP BY day ORDER BY day
    """,
}

_DEPLOYMENTS = """
    SELECT cdc.cicd_deployment_id AS deployment_id, max(cdc.finished_date) AS deployment_finished_date
    FROM devlake.cicd_deployment_commits AS cdc
    JOIN devlake.project_mapping AS pm ON cdc.cicd_scope_id = pm.row_id AND pm."table" = 'cicd_scopes'
    WHERE pm.project_name = ANY (%(projects)s) AND cdc.result = 'SUCCESS' AND cdc.environment = 'PRODUCTION'
    GROUP BY 1
    HAVING max(cdc.finished_date) BETWEEN %(first)s AND %(last)s
"""
_MONTHS = """cm.month_timestamp BETWEEN date_trunc('month', %(first)s::timestamptz)
            AND date_trunc('month', %(last)s::timestamptz)"""

DEVLAKE = {
    "deployment frequency": f"""
        WITH d AS (
            SELECT to_char(deployment_finished_date, 'YY/MM') AS month, count(deployment_id) AS deployments
            FROM ({_DEPLOYMENTS}) AS production GROUP BY 1
        )
        SELECT cm.month, coalesce(d.deployments, 0) AS deployments
        FROM devlake.calendar_months AS cm LEFT JOIN d USING (month) WHERE {_MONTHS}
    """,
    "lead time": f"""
        WITH stats AS (
            SELECT DISTINCT pr.id, to_char(cdc.finished_date, 'YY/MM') AS month, ppm.pr_cycle_time
            FROM devlake.pull_requests AS pr
            JOIN devlake.project_pr_metrics AS ppm ON ppm.id = pr.id
            JOIN devlake.project_mapping AS pm ON pr.base_repo_id = pm.row_id AND pm."table" = 'repos'
            JOIN devlake.cicd_deployment_commits AS cdc ON ppm.deployment_commit_id = cdc.id
            WHERE pm.project_name = ANY (%(projects)s) AND pr.merged_date IS NOT NULL AND ppm.pr_cycle_time IS NOT NULL
                AND cdc.finished_date BETWEEN %(first)s AND %(last)s
        ), ranks AS (
            SELECT *, percent_rank() OVER (PARTITION BY month ORDER BY pr_cycle_time) AS ranks FROM stats
        ), clt AS (
            SELECT month, max(pr_cycle_time) AS minutes FROM ranks WHERE ranks <= 0.5 GROUP BY month
        )
        SELECT cm.month, coalesce(clt.minutes / 60.0, 0) AS hours
        FROM devlake.calendar_months AS cm LEFT JOIN clt USING (month) WHERE {_MONTHS}
    """,
    "change fail rate": f"""
        WITH deployments AS ({_DEPLOYMENTS}), caused AS (
            SELECT d.deployment_id, d.deployment_finished_date,
                count(DISTINCT CASE WHEN i.id IS NOT NULL THEN d.deployment_id END) AS has_incident
            FROM deployments AS d
            LEFT JOIN devlake.project_incident_deployment_relationships AS pim ON d.deployment_id = pim.deployment_id
            LEFT JOIN devlake.incidents AS i ON pim.id = i.id
            GROUP BY 1, 2
        ), cfr AS (
            SELECT to_char(deployment_finished_date, 'YY/MM') AS month, sum(has_incident) / count(deployment_id) AS rate
            FROM caused GROUP BY 1
        )
        SELECT cm.month, cfr.rate FROM devlake.calendar_months AS cm LEFT JOIN cfr USING (month) WHERE {_MONTHS}
    """,
    "recovery time": f"""
        WITH deployments AS ({_DEPLOYMENTS}), incidents AS (
            SELECT i.id, to_char(fd.deployment_finished_date, 'YY/MM') AS month,
                trunc(extract(epoch FROM i.resolution_date - fd.deployment_finished_date) / 60) AS minutes
            FROM devlake.incidents AS i
            LEFT JOIN devlake.project_incident_deployment_relationships AS pim ON i.id = pim.id
            JOIN deployments AS fd ON pim.deployment_id = fd.deployment_id
            WHERE i.resolution_date BETWEEN %(first)s AND %(last)s
        ), ranks AS (
            SELECT *, percent_rank() OVER (PARTITION BY month ORDER BY minutes) AS ranks FROM incidents
        ), middle AS (
            SELECT month, max(minutes) AS minutes FROM ranks WHERE ranks <= 0.5 GROUP BY month
        )
        SELECT cm.month, coalesce(middle.minutes / 60, 0) AS hours
        FROM devlake.calendar_months AS cm LEFT JOIN middle USING (month) WHERE {_MONTHS}
    """,
}

OURS = {
    "deployment frequency": "deployment_frequency, deployments, successful",
    "lead time": "lead_time_median, lead_time_from_commit_median",
    "change fail rate": "change_fail_rate, change_fail_rate_by_incident, failed_by_incident, successful, incidents",
    "recovery time": "recovery_time_median, restore_time_median",
}
"""Columns of release_metrics.dora that answer the same."""


def fill(store: Store) -> None:
    """Make their tables of our rows, with the keys and indexes that DevLake has."""
    with store.connect() as connection:
        for statement in FILL:
            connection.execute(statement)  # type: ignore[call-overload]
