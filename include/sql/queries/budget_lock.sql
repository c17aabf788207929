-- Waits until no other run writes the budget of this product; the lock ends with the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('release_ops:budget:' || %(product)s, 0))
