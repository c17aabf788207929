-- Give back a named lock that this connection holds.
SELECT pg_advisory_unlock(hashtextextended(%(name)s, 0))
