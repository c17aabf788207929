-- Claim an effect before anything is tried; the first claim stays over retries.
-- optional: kind, product, version, run_id
INSERT INTO release_ops.effect (key, kind, product, version, run_id, about)
VALUES (
    %(key)s, coalesce(%(kind)s, ''), coalesce(%(product)s, ''), coalesce(%(version)s, ''), coalesce(%(run_id)s, ''),
    %(about)s
)
ON CONFLICT (key) DO NOTHING
