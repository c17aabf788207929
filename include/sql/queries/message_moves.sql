-- What of the calendar of one release was moved on or after a day, the newest first; without what looks like a typing error.
SELECT title, old_on, new_on, noticed_on, reason
FROM release_metrics.slip
WHERE product = %(product)s AND version = %(version)s AND noticed_on >= %(since)s AND NOT implausible
ORDER BY noticed_at DESC, new_on, entry
