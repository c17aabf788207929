-- What of a product is read: whether its deployments and its incidents have an end of a reading, and until when its deployments are known.
SELECT
    EXISTS (SELECT FROM release_ops.deployment WHERE product = %(product)s AND environment = %(environment)s) AS deployments,
    EXISTS (
        SELECT FROM release_ops.ingest_state
        WHERE product = %(product)s AND stream IN ('issues', 'incidents') AND finished_at IS NOT NULL
    ) OR EXISTS (SELECT FROM release_ops.incident WHERE product = %(product)s) AS incidents,
    (SELECT min(finished_at) FROM release_ops.deployment WHERE product = %(product)s AND environment = %(environment)s) AS first_at
