-- Note what a Parquet file holds, once it is in its place.
INSERT INTO release_ops.parquet_file (place, table_name, month, fingerprint, rows, bytes)
VALUES (%(place)s, %(table_name)s, %(month)s, %(fingerprint)s, %(rows)s, %(bytes)s)
ON CONFLICT (place, table_name, month) DO UPDATE SET
    fingerprint = excluded.fingerprint, rows = excluded.rows, bytes = excluded.bytes,
    written_at = CASE WHEN parquet_file.fingerprint = excluded.fingerprint THEN parquet_file.written_at ELSE now() END
