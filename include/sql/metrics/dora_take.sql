-- Take exactly the marks that this transaction sees; of a full refresh one mark says it all.
WITH taken AS (
    DELETE FROM release_ops.delivery_touched RETURNING *
), whole AS (
    SELECT %(full)s OR EXISTS (SELECT FROM release_ops.delivery_touched WHERE kind = 'everything') AS is_whole
)
INSERT INTO dora_touched
SELECT taken.* FROM taken WHERE NOT (SELECT is_whole FROM whole)
UNION ALL
SELECT 0, 'everything', '', '', '', '', '', NULL FROM whole WHERE is_whole
