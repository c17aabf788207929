-- Wait for a named lock and hold it until this connection ends.
SELECT pg_advisory_lock(hashtextextended(%(name)s, 0))
