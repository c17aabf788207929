-- Waits until no other refresh of the DORA figures runs; the lock ends with the connection.
SELECT pg_advisory_lock(hashtextextended('release_ops:dora', 0))
