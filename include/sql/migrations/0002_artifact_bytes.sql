-- An artifact is a text or bytes (a PDF), with its size in bytes and its fingerprint. What is there stays readable.
-- Each step looks whether it is done, so that a database that was mended by hand takes it too.

ALTER TABLE release_ops.artifact ALTER COLUMN content DROP NOT NULL;
ALTER TABLE release_ops.artifact ADD COLUMN IF NOT EXISTS data bytea;
ALTER TABLE release_ops.artifact ADD COLUMN IF NOT EXISTS size bigint;
ALTER TABLE release_ops.artifact ADD COLUMN IF NOT EXISTS sha256 text;

UPDATE release_ops.artifact
SET size = octet_length(convert_to(content, 'UTF8')), sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex')
WHERE sha256 IS NULL;

ALTER TABLE release_ops.artifact ALTER COLUMN size SET NOT NULL;
ALTER TABLE release_ops.artifact ALTER COLUMN sha256 SET NOT NULL;
ALTER TABLE release_ops.artifact DROP CONSTRAINT IF EXISTS artifact_is_text_or_bytes;
ALTER TABLE release_ops.artifact ADD CONSTRAINT artifact_is_text_or_bytes CHECK (num_nonnulls(content, data) = 1);

COMMENT ON TABLE release_ops.artifact IS 'One row per text or file that a milestone made: changelog, notes, report.';
COMMENT ON COLUMN release_ops.artifact.content IS 'The text; null where the artifact is bytes.';
COMMENT ON COLUMN release_ops.artifact.data IS 'The bytes, such as a PDF; null where the artifact is a text.';
COMMENT ON COLUMN release_ops.artifact.size IS 'Size in bytes, of a text in UTF-8.';
COMMENT ON COLUMN release_ops.artifact.sha256 IS 'SHA-256 of the bytes, of a text in UTF-8, in hexadecimal.';
