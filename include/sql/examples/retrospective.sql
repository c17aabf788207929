-- Are reviews held in time, and how did releases stand against their objectives?
-- table: retrospective
SELECT product, version, kind, status, objectives_met, objectives_missed, due_at, held_at, in_time
FROM release_metrics.retrospective
ORDER BY due_at DESC, product, version, kind
