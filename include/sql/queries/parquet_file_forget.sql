-- Forget a Parquet file that has been removed.
DELETE FROM release_ops.parquet_file
WHERE place = %(place)s AND table_name = %(table_name)s AND month = %(month)s
