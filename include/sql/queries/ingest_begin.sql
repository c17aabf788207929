-- A reading of a stream begins.
INSERT INTO release_ops.ingest_state (product, source, stream, started_at)
VALUES (%(product)s, %(source)s, %(stream)s, %(started_at)s)
ON CONFLICT (product, source, stream) DO UPDATE SET started_at = excluded.started_at, rows = 0, problem = ''
