-- Products that have a release, deployments, or facts that were read.
SELECT product FROM release_ops.release
UNION SELECT product FROM release_ops.dora_line
UNION SELECT product FROM release_ops.ingest_state
ORDER BY product
