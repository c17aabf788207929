-- The moves of the dates of one release, the newest first, with how many there are.
SELECT entry, title, category, old_on, new_on, days, notice_days, noticed_on, policy, policy_reason, implausible, reason, reason_from,
    count(*) OVER () AS total
FROM release_metrics.slip
WHERE product = %(product)s AND version = %(version)s
ORDER BY noticed_at DESC, new_on, entry
LIMIT %(limit)s OFFSET %(offset)s
