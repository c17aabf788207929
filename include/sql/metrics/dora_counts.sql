-- How many rows a refresh found out again, and the window that they lie in.
SELECT
    (SELECT count(*) FROM dora_deployment) AS deployments,
    (SELECT count(*) FROM dora_incident) AS incidents,
    (SELECT count(*) FROM dora_window) AS periods,
    (SELECT count(*) FROM release_ops.dora_line) AS lines,
    (SELECT min(starts_at) FROM dora_window) AS starts_at,
    (SELECT max(ends_at) FROM dora_window) AS ends_at
