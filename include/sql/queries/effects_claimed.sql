-- Effects that were begun before an instant and are still not recorded as done: interrupted, or under way.
SELECT * FROM release_ops.effect
WHERE state = 'claimed' AND claimed_at < %(before)s
ORDER BY claimed_at, key
