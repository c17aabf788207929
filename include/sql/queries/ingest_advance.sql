-- A reading of a stream got so far, in the transaction that writes its rows.
INSERT INTO release_ops.ingest_state AS state (product, source, stream, watermark, rows)
VALUES (%(product)s, %(source)s, %(stream)s, %(watermark)s, %(rows)s)
ON CONFLICT (product, source, stream)
DO UPDATE SET watermark = excluded.watermark, rows = state.rows + excluded.rows
