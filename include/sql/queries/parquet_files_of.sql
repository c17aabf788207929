-- What was last written of a table below a place.
SELECT month, fingerprint, rows, bytes FROM release_ops.parquet_file
WHERE place = %(place)s AND table_name = %(table_name)s
ORDER BY month
