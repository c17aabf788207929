-- Note what a product's change log has been made from.
INSERT INTO release_ops.change_log_state (product, fingerprint, commits)
VALUES (%(product)s, %(fingerprint)s, %(commits)s)
ON CONFLICT (product) DO UPDATE SET fingerprint = excluded.fingerprint, commits = excluded.commits, updated_at = now()
WHERE (release_ops.change_log_state.fingerprint, release_ops.change_log_state.commits) IS DISTINCT FROM (excluded.fingerprint, excluded.commits)
