-- Milestones of all products planned from one instant up to, not including, another.
SELECT * FROM release_ops.milestone
WHERE planned_at >= %(start)s AND planned_at < %(until)s
ORDER BY planned_at, product, version, kind
